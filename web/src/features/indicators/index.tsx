import { Button, Input } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ModelDocument } from '../../shared/api/document';
import { DraftBar } from '../../shared/draft/DraftBar';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf } from '../../shared/draft/uses';
import { sayWindow } from '../../shared/condition/say';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { useLang, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AddMenu, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { templates } from './templates';
import { useIndicatorWords } from './words';

export default function Indicators() {
  const say = useIndicatorWords();
  const ui = useUi();
  const lang = useLang();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const [search, setSearch] = useState('');
  const all = document?.indicators ?? {};
  const open = (name: string) => void navigate({ to: '/indicators/$name', params: { name } });
  const free = (name: string) => {
    let n = 2;
    let free = name;
    while (free in all) free = `${name}_${n++}`;
    return free;
  };
  const add = (keys: string[], go: boolean) => {
    let indicators = all;
    let last = '';
    for (const template of templates.filter((one) => keys.includes(one.key))) {
      last = template.name in indicators ? free(template.name) : template.name;
      indicators = { ...indicators, [last]: template.indicator };
    }
    set(['indicators'], indicators);
    if (go) open(last);
  };
  const addMenu = may('edit_models') && <AddMenu label={say('addFrom')} items={templates.map((one) => ({ key: one.key, label: say(one.key), onClick: () => add([one.key], true) }))} />;
  const shown = Object.entries(all).filter(([name, one]) => !search || `${name} ${textOf(one.title, '', 'zh')} ${textOf(one.title, '', 'en')}`.toLowerCase().includes(search.toLowerCase()));
  return (
    <Page title={say('title')} lead={say('lead')} actions={<><Input.Search allowClear aria-label={ui('search')} placeholder={ui('search')} style={{ width: 200 }} onChange={(event) => setSearch(event.target.value)} />{addMenu}</>}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && Object.keys(all).length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}><Button type="primary" onClick={() => add(['tRecency', 'tFrequency', 'tMoney'], false)}>{say('rfmTemplate')}</Button></Empty>}>
          {() => (
            <DataTable label={say('title')} rows={shown} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'title', title: ui('title'), cell: ([name, one]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button> },
              { key: 'kind', title: say('kind'), cell: ([, one]) => say(kindWord(one.kind)) },
              { key: 'window', title: say('window'), cell: ([, one]) => (one.kind === 'formula' || one.kind === 'ratio' ? '' : sayWindow(one.window, lang)) },
              { key: 'used', title: say('usedBy'), cell: ([name]) => <UsedBy document={document!} name={name} /> },
            ]} />
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}

export function kindWord(kind: string) {
  return `k${kind[0]!.toUpperCase()}${kind.slice(1)}` as 'kCount';
}

function UsedBy({ document, name }: { document: ModelDocument; name: string }) {
  const say = useIndicatorWords();
  const lang = useLang();
  const uses = usesOf(document, name);
  return uses.length === 0 ? <span className="faint">{say('notUsed')}</span> : <span className="faint">{listed(uses.slice(0, 4).map((use) => textOf(use.title, use.name, lang)), lang)}{uses.length > 4 && ` +${uses.length - 4}`}</span>;
}
