import { Button } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { ModelCard } from '../../shared/api/learning';
import { isThere, useRead } from '../../shared/api/hooks';
import { DraftBar } from '../../shared/draft/DraftBar';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { usesOf } from '../../shared/draft/uses';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { columnsOf, kindOf } from '../../shared/predictions/kinds';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { StateTag, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { NewPrediction } from './NewPrediction';
import { titled } from './start';
import { usePredictionWords } from './words';

export const TONES = { fitted: 'active', refused: 'failed', not_fitted: 'waiting' } as const;

/** What the model foretells: of each what it gives, how its fit stands, and who uses it. */
export default function Predictions() {
  const say = usePredictionWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const cards = useRead('/predictions', {}, { enabled: isThere('get', '/predictions'), staleTime: 30_000 }).data as { items: ModelCard[] } | undefined;
  const [asking, ask] = useState(false);
  const rows = Object.entries(document?.predictions ?? {});
  const open = (name: string, tab?: string) => void navigate({ to: '/predictions/$name', params: { name }, search: tab ? { tab } : {} });
  const cardOf = (name: string) => cards?.items.find((one) => one.name === name);
  const button = may('edit_models') && <Button type="primary" onClick={() => ask(true)}>{say('add')}</Button>;
  return (
    <Page wide title={say('title')} lead={say('lead')} actions={<><Button onClick={() => void navigate({ to: '/next' })}>{say('toNext')}</Button><Button onClick={() => void navigate({ to: '/clusters' })}>{say('studio')}</Button>{button}</>}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && rows.length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}><ul className="teach">{(['teachValue', 'teachChurn', 'teachContract', 'teachClusters'] as const).map((key) => <li key={key}>{say(key)}</li>)}</ul>{button || <Link to="/indicators">{ui('open')}</Link>}</Empty>}>
          {() => (
            <DataTable label={say('title')} rows={rows} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'title', title: ui('title'), cell: ([name, one]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button> },
              { key: 'kind', title: say('kind'), cell: ([, one]) => { const kind = kindOf(one); return kind ? <span className="tag">{say(kind)}</span> : <span className="tag bad">{say('noKind')}</span>; } },
              { key: 'gives', title: say('gives'), cell: ([name, one]) => <span className="faint small">{columnsOf(name, one).map((column) => column.name).join(' · ')}</span> },
              { key: 'fit', title: say('fit'), cell: ([name]) => { const card = cardOf(name); return card ? <button type="button" className="linkish" onClick={() => open(name, 'card')}><StateTag state={TONES[card.state]}>{say(card.state)}</StateTag> {card.as_of && <span className="faint small">{format.day(card.as_of)}</span>}</button> : <span className="faint">{say('inDraft')}</span>; } },
              { key: 'used', title: say('usedBy'), cell: ([name]) => { const uses = usesOf(document!, name); return uses.length === 0 ? <span className="faint">{say('notUsed')}</span> : listed(uses.slice(0, 5).map((use) => textOf(use.title, use.name, format.lang)), format.lang); } },
            ]} />
          )}
        </Loaded>
      </Panel>
      {/* Stays while it closes: one is back at the button that opened it. */}
      <NewPrediction open={asking} taken={namesOf(document)} onClose={() => ask(false)} onStudio={() => { ask(false); void navigate({ to: '/clusters' }); }} onDone={(name, prediction) => { ask(false); set(['predictions', name], titled(prediction, document?.predictions ?? {})); open(name); }} />
    </Page>
  );
}
