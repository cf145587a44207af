import { Select, Tabs } from 'antd';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useRead } from '../../shared/api/hooks';
import { useDraft } from '../../shared/draft/useDraft';
import { Page } from '../../shared/ui/page';
import { History } from './History';
import { Now } from './Now';
import { useSimulateWords } from './words';

export default function SimulatePage() {
  const say = useSimulateWords();
  const navigate = useNavigate();
  const { changed } = useDraft();
  const { tab = 'now', begin } = useSearch({ strict: false }) as { tab?: string; begin?: string };
  const versions = useRead('/model/versions').data?.items ?? [];
  const [what, setWhat] = useState<string>('draft');
  const choose = <Select aria-label={say('what')} style={{ width: 150 }} value={what} onChange={setWhat} options={[{ value: 'draft', label: say('draft') }, ...versions.map((one) => ({ value: String(one.version), label: say('version', { n: one.version }) }))]} />;
  return (
    <Page title={say('title')} lead={say('lead')}>
      {changed && what === 'draft' && <p className="warn">{say('unsaved')}</p>}
      <Tabs activeKey={tab} destroyOnHidden onChange={(next) => void navigate({ to: '/simulate', search: next === 'now' ? {} : { tab: next }, replace: true })} items={[
        { key: 'now', label: say('now'), children: <div className="stack"><Now what={what} choose={choose} begin={begin === 'draft'} /></div> },
        { key: 'history', label: say('history'), children: <div className="stack"><History what={what} choose={choose} /></div> },
      ]} />
    </Page>
  );
}
