import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useCell } from '../cell';
import { CopyButton } from '../components/copy';
import { Icon } from '../components/icon';
import { PageTitle } from '../components/loaded';
import { Terms } from '../frame/terms';
import type { PageProps } from '../routes';
import { appState } from '../store';
import { useTexts } from '../texts';
import { Connecting } from './welcome/connecting';
import { SignIn } from './welcome/sign_in';
import { welcomeText } from './welcome.texts';

/** First run: three steps on one page. What is done stays in sight. */
export default function Welcome(_: PageProps) {
  const t = useTexts(welcomeText);
  const signedIn = useCell(appState, (state) => state.login !== null);
  const isGoing = useCell(appState, (state) => state.sign_in !== null && state.sign_in.status !== 'done');
  const [step, setStep] = useState(1);
  useEffect(() => {
    if (isGoing || !signedIn) setStep(1);
    else setStep((now) => Math.max(now, 2));
  }, [signedIn, isGoing]);
  return (
    <div class="welcome">
      <PageTitle title={t.title} />
      <p class="intro">{t.intro}</p>
      <Terms />
      <ol class="steps">
        <Step number={1} now={step} title={t.steps.signIn}>
          <SignIn />
        </Step>
        <Step number={2} now={step} title={t.steps.tools}>
          {step >= 2 && <Connecting isPast={step > 2} onDone={() => setStep(3)} onBack={() => setStep(2)} />}
        </Step>
        <Step number={3} now={step} title={t.steps.done}>
          {step >= 3 && <Done />}
        </Step>
      </ol>
    </div>
  );
}

interface StepProps {
  number: number;
  now: number;
  title: string;
  children: ComponentChildren;
}

function Step({ number, now, title, children }: StepProps) {
  const t = useTexts(welcomeText);
  const state = number < now ? 'past' : number === now ? 'current' : 'coming';
  return (
    <li class={`step ${state}`} aria-current={state === 'current' ? 'step' : undefined}>
      <span class="step-number" aria-hidden="true">
        {state === 'past' ? <Icon name="tick" /> : number}
      </span>
      <div class="step-body">
        <h2>
          <span class="off-screen">{t.stepOf(number)}: </span>
          {title}
        </h2>
        {state !== 'coming' && children}
      </div>
    </li>
  );
}

function Done() {
  const t = useTexts(welcomeText).done;
  const tray = useCell(appState, (state) => state.tray);
  const hint = useCell(appState, (state) => state.tray_hint);
  const url = useCell(appState, (state) => state.url);
  return (
    <>
      <p>{t[tray]}</p>
      {hint && <p class="notice">{hint}</p>}
      <p>
        {url ? (
          <>
            {t.address} <code>{url}</code> <CopyButton text={url} />
          </>
        ) : (
          t.stopped
        )}
      </p>
      <p>
        <a class="button primary" href="/">
          {t.toDashboard}
        </a>
      </p>
    </>
  );
}
