import { CheckCircleFilled } from '@ant-design/icons';
import { Button } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useRead } from '../../shared/api/hooks';
import { useSession } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { useSetupWords } from './words';

/** The way from nothing to a first published tier scheme, and how far one has come. */
export default function Welcome() {
  const say = useSetupWords();
  const navigate = useNavigate();
  const workspace = useSession()?.workspace;
  const draft = useRead('/model/draft').data?.document;
  const versions = useRead('/model/versions').data ?? [];
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
        <Panel key={step.key} title={<>{index + 1}. {say(step.key)} {step.done && <span className="good small"><CheckCircleFilled aria-hidden /> {say('done')}</span>}</>} extra={<Button type={index === next ? 'primary' : 'default'} onClick={() => void navigate({ to: step.to })}>{say('begin')}: {say(step.key)}</Button>}>
          <p className="faint">{say(step.text)}</p>
        </Panel>
      ))}
    </Page>
  );
}
