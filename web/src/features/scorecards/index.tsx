import { Button } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ModelDocument, Scorecard } from '../../shared/api/document';
import { DraftBar } from '../../shared/draft/DraftBar';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf } from '../../shared/draft/uses';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { ExchangeIn } from '../../shared/rules/ExchangeIn';
import { useLang, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AddMenu, AskName, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { rfmCard } from './template';
import { useScorecardWords } from './words';

export default function Scorecards() {
  const say = useScorecardWords();
  const ui = useUi();
  const lang = useLang();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const [asking, ask] = useState(false);
  const cards = document?.scorecards ?? {};
  const open = (name: string) => void navigate({ to: '/scorecards/$name', params: { name } });
  const fromTemplate = () => {
    const { name, next } = rfmCard(document as ModelDocument);
    set([], next);
    open(name);
  };
  const blank = (name: string) => {
    ask(false);
    set(['scorecards', name], { combine: 'weighted_sum', attributes: {} } satisfies Scorecard);
    open(name);
  };
  const menu = may('edit_models') && <AddMenu label={say('add')} items={[{ key: 'rfm', label: say('rfm'), onClick: fromTemplate }, { key: 'blank', label: say('blank'), onClick: () => ask(true) }, { key: 'learn', label: say('learn'), onClick: () => void navigate({ to: '/learned-scorecards' }) }]} />;
  return (
    <Page title={say('title')} lead={say('lead')} actions={<><ExchangeIn onDone={(first) => { if (first.section === 'scorecards') open(first.name); }} />{menu}</>}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && Object.keys(cards).length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}><Button type="primary" onClick={fromTemplate}>{say('rfm')}</Button></Empty>}>
          {() => (
            <DataTable label={say('title')} rows={Object.entries(cards)} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'title', title: ui('title'), cell: ([name, card]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={card.title} name={name} /></button> },
              { key: 'n', title: say('attributes'), cell: ([, card]) => say('nAttributes', { n: Object.keys(card.attributes ?? {}).length }) },
              { key: 'list', title: '', cell: ([, card]) => <span className="faint">{listed(Object.entries(card.attributes ?? {}).slice(0, 6).map(([name, one]) => textOf(one.title, name, lang)), lang)}</span> },
              { key: 'used', title: say('tierEffect'), cell: ([name]) => usesOf(document!, name).filter((use) => use.kind === 'tier').map((use) => textOf(use.title, use.name, lang)).join(', ') },
            ]} />
          )}
        </Loaded>
      </Panel>
      <AskName open={asking} title={say('blank')} taken={namesOf(document)} onDone={blank} onClose={() => ask(false)} />
    </Page>
  );
}
