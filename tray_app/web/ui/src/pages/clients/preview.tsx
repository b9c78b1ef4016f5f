import { useEffect, useState } from 'preact/hooks';
import { post, useAction } from '../../api';
import { Dialog } from '../../components/dialog';
import { Diff } from '../../components/diff';
import { Failure } from '../../components/loaded';
import { frameText } from '../../texts/frame';
import { useTexts } from '../../texts';
import { toast } from '../../toasts';
import type { Preview, ToolView } from '../../types';
import { clientsText } from '../clients.texts';

interface Props {
  tool: ToolView;
  /** Undo what connecting wrote. */
  back: boolean;
  onClose: () => void;
  /** After the change was made. */
  onMade: () => void;
}

/** The exact change, the choice of models, and the button that makes it. */
export function PreviewDialog({ tool, back, onClose, onMade }: Props) {
  const t = useTexts(clientsText).preview;
  const frame = useTexts(frameText);
  const [model, setModel] = useState('');
  const [small, setSmall] = useState('');
  const [shown, setShown] = useState<Preview | null>(null);
  const looking = useAction();
  const making = useAction();
  const look = () =>
    void looking.run(async () => {
      const wish = { back, model: model || null, small_model: small || null };
      setShown(await post<Preview>(`/api/tools/${encodeURIComponent(tool.name)}/preview`, wish));
    });
  useEffect(look, [model, small]);
  const make = async () => {
    const made = await making.run(async () => {
      const done = await post<Preview>('/api/tools/make', { token: shown?.token });
      const said = back ? t.undone(tool.title) : t.made(tool.title);
      toast(done.restart ? `${said}. ${done.restart}` : said);
    });
    if (!made) return;
    onMade();
    onClose();
  };
  const actions = (
    <>
      <button type="button" onClick={onClose}>
        {frame.cancel}
      </button>
      <button
        type="button"
        class="primary"
        disabled={!shown?.is_change || looking.busy || making.busy}
        onClick={() => void make()}
      >
        {t.make}
      </button>
    </>
  );
  return (
    <Dialog title={back ? t.disconnect(tool.title) : t.connect(tool.title)} wide actions={actions} onClose={onClose}>
      {!back && shown && shown.models.length > 0 && (
        <div class="model-choice">
          <Choice label={t.model} models={shown.models} value={model} onChange={setModel} />
          <Choice label={t.small} models={shown.models} value={small} onChange={setSmall} />
        </div>
      )}
      {looking.error && <Failure message={looking.error} again={look} />}
      {shown && !looking.error && <Change preview={shown} />}
      {!shown && looking.busy && <p class="waiting">{frame.loading}</p>}
      {making.error && <Failure message={making.error} again={look} />}
    </Dialog>
  );
}

function Change({ preview }: { preview: Preview }) {
  const t = useTexts(clientsText).preview;
  if (!preview.is_change) return <p>{t.noChange}</p>;
  return (
    <>
      <p class="muted">{t.says}</p>
      <Diff text={preview.diff.trimEnd()} name={t.diff} />
      {preview.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {preview.restart && (
        <p>
          <strong>{t.restart}:</strong> {preview.restart}
        </p>
      )}
    </>
  );
}

interface ChoiceProps {
  label: string;
  models: string[];
  value: string;
  onChange: (model: string) => void;
}

function Choice({ label, models, value, onChange }: ChoiceProps) {
  const t = useTexts(clientsText).preview;
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{t.toolsOwn}</option>
        {models.map((model) => (
          <option key={model} value={model}>
            {model}
          </option>
        ))}
      </select>
    </label>
  );
}
