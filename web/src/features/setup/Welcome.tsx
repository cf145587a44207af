import { CheckCircleFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { isThere, useRead } from '../../shared/api/hooks';
import { useMay, useSession } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { Industries } from './Industries';
import { useSetupWords } from './words';

/** Where one begins: an administrator of an empty workspace chooses, everybody else sees the five steps. */
export default function Welcome() {
  const may = useMay();
  const [chosen, setChosen] = useState(false);
  const query = useRead('/setup/industry', {}, { enabled: isThere('get', '/setup/industry') });
  const begun = query.data?.industry;
  const working = begun?.state === 'at_work' && begun.job ? { job: begun.job, title: begun.title } : undefined;
  // While it is prepared the choice stays on the screen: it says how far it is.
  const choosing = useRef(false);
  if (query.isLoading) return null;
  choosing.current ||= !!query.data?.is_empty || begun?.state === 'cut_off' || !!working;
  if (may('manage_system') && choosing.current && !chosen) return <Industries working={working} cutOff={begun?.state === 'cut_off'} toSteps={() => setChosen(true)} />;
  return <Steps />;
}

/** The way from nothing to a first published tier scheme, and how far one has come. */
function Steps() {
  const say = useSetupWords();
  const navigate = useNavigate();
  const may = useMay();
  const workspace = useSession()?.workspace;
  const draft = useRead('/model/draft').data?.document;
  const versions = useRead('/model/versions').data?.items ?? [];
  const published = versions.some((one) => one.state === 'published');
  const steps = [
    { key: 'sData', text: 'sDataText', to: '/imports/new', done: workspace?.has_data },
    { key: 'sModel', text: 'sModelText', to: '/scorecards', done: Object.keys(draft?.scorecards ?? {}).length > 0 },
    { key: 'sTiers', text: 'sTiersText', to: '/tiers', done: Object.keys(draft?.tiers ?? {}).length > 0 },
    { key: 'sPublish', text: 'sPublishText', to: '/publish', done: published },
    { key: 'sLook', text: 'sLookText', to: '/customers', done: false },
  ] as const;
  const next = steps.findIndex((step) => !step.done);
  return (
    <Page title={say('welcome')} lead={say('welcomeLead')} actions={<Link to="/">{say('skip')}</Link>}>
      {steps.map((step, index) => (
        <Panel key={step.key} title={<>{index + 1}. {say(step.key)} {step.done && <span className="good small"><CheckCircleFilled aria-hidden /> {say('done')}</span>}</>} extra={(step.key !== 'sData' || may('import_data')) && <Button type={index === next ? 'primary' : 'default'} onClick={() => void navigate({ to: step.to })}>{say('begin')}: {say(step.key)}</Button>}>
          <p className="faint">{say(step.text)}</p>
        </Panel>
      ))}
    </Page>
  );
}
