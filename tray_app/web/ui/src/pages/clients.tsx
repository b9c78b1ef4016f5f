import { useLoad } from '../api';
import { useCell } from '../cell';
import { Empty, PageTitle, Show } from '../components/loaded';
import type { PageProps } from '../routes';
import { appState } from '../store';
import { useTexts } from '../texts';
import type { ToolsAnswer } from '../types';
import { Others } from './clients/others';
import { Tools } from './clients/tools';
import { clientsText } from './clients.texts';

export default function Clients(_: PageProps) {
  const t = useTexts(clientsText);
  const answer = useLoad<ToolsAnswer>('/api/tools');
  const live = useCell(appState, (state) => state.clients);
  return (
    <>
      <PageTitle title={t.title} />
      <Show from={answer}>
        {(data) => {
          const tools = live.length ? live : data.clients;
          return (
            <>
              {tools.length ? (
                <Tools tools={tools} onMade={answer.reload} />
              ) : (
                <Empty title={t.nothing}>
                  <p>{t.nothingHelp}</p>
                </Empty>
              )}
              <Others answer={data} />
            </>
          );
        }}
      </Show>
    </>
  );
}
