import { App, Button, Select } from 'antd';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { read, useMore, useRead, useSend } from '../../shared/api/hooks';
import type { Difference, Differences } from '../../shared/api/validation';
import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay } from '../../shared/session';
import { Freshness, Panel } from '../../shared/ui/page';
import { LevelTag } from '../../shared/ui/parts';
import { Empty, Failed, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { Differs } from './Differs';
import { useChallengerWords } from './words';

/** A list by the API's own cursor, which is called `next` there. */
interface Listed { items: Difference[]; next_cursor?: string | null; total?: number | null; found: Differences }

/** A version that grades beside the one in force, and whom it would put elsewhere. */
export function Shadow() {
  const say = useChallengerWords();
  const may = useMay();
  const { message } = App.useApp();
  const query = useRead('/challenger');
  const versions = useRead('/model/versions', {}, { staleTime: 30_000 }).data?.items ?? [];
  const [picked, pick] = useState<number | undefined>();
  const now = query.data?.version ?? null;
  const set = useSend('put', '/challenger', { renews: ['/challenger'], onDone: () => { pick(undefined); void message.success(say('saved')); } });
  const options = versions.filter((one) => one.state !== 'published' && one.state !== 'rejected').map((one) => ({ value: one.version, label: `${say('versionN', { n: one.version })}${one.note ? ` · ${one.note}` : ''}` }));
  const other = picked ?? now ?? undefined;
  return (
    <>
      <Panel title={say('shadow')}>
        <div className="stack">
          <p className="faint">{say('shadowText')}</p>
          <Loaded query={query} rows={2}>{() => (
            <div className="row">
              <Select aria-label={say('version')} style={{ minWidth: 260, maxWidth: '100%' }} placeholder={say('none')} disabled={!may('approve_models')} value={other} onChange={pick} options={now !== null && !options.some((one) => one.value === now) ? [{ value: now, label: say('versionN', { n: now }) }, ...options] : options} />
              <Button type="primary" disabled={!may('approve_models') || other === undefined || other === now} loading={set.isPending} onClick={() => set.mutate({ body: { version: other } })}>{say('set')}</Button>
              {now !== null && <Button disabled={!may('approve_models')} onClick={() => set.mutate({ body: { version: null } })}>{say('stop')}</Button>}
              {may('approve_models') && options.length === 0 && now === null && <span className="faint small">{say('noneToPick')} <Link to="/publish">{say('toPublish')}</Link></span>}
              {!may('approve_models') && <span className="faint small">{say('mayNot')}</span>}
            </div>
          )}</Loaded>
          {set.error && <p className="bad" role="alert">{set.error.message}</p>}
          <p className="small">{say('compare')}<Link to="/backtests">{say('toBacktest')}</Link></p>
        </div>
      </Panel>
      <Elsewhere />
    </>
  );
}

function Elsewhere() {
  const say = useChallengerWords();
  const format = useFormat();
  const catalogue = useCatalogue('graded');
  const list = useMore<Difference, Listed>(['/challenger/differences'], async (after, signal) => {
    const found = (await read('/challenger/differences', { query: { limit: 100, after } }, signal)) as unknown as Differences;
    return { items: found.customers, next_cursor: found.next, found };
  });
  const shown = (version: number | null) => (version === null ? say('folder') : say('versionN', { n: version }));
  const levelTitle = (scheme: string, name: string) => textOf(catalogue?.tiers.find((one) => one.name === scheme)?.levels.find((one) => one.name === name)?.title, name, format.lang);
  const level = (scheme: string, name: string | null) => {
    if (name === null) return <span className="faint">{say('notGraded')}</span>;
    const levels = catalogue?.tiers.find((one) => one.name === scheme)?.levels ?? [];
    const at = levels.findIndex((one) => one.name === name);
    return at < 0 ? name : <LevelTag title={textOf(levels[at]!.title, name, format.lang)} index={at} of={levels.length} />;
  };
  const empty = <Empty title={say('shadowEmptyTitle')} text={say('shadowEmptyText')}><Link to="/runs">{say('toRuns')}</Link></Empty>;
  const found = list.data?.first.found;
  return (
    <Panel title={say('differ')} flush extra={found && <Freshness asOf={found.as_of} at={null} state={say('versus', { champion: shown(found.champion), challenger: shown(found.challenger) })} />}>
      {list.error ? (list.error.code === 'nothing-shadowed' ? empty : <Failed error={list.error} retry={list.refetch} />) : (
        <Loaded query={list} rows={4}>{(data) => (
          <>
            <div className="stack" style={{ padding: '10px 14px' }}>{data.first.found.schemes.map((one) => <Differs key={one.scheme} of={one} among={data.first.found.n_customers} levelTitle={(name) => levelTitle(one.scheme, name)} />)}</div>
            {data.items.length === 0 ? <p className="faint" style={{ padding: 14 }}>{say('same')}</p> : (
              <DataTable label={say('differ')} rows={data.items} rowKey={(one) => `${one.customer} ${one.scheme}`} height={460} more={{ has: list.hasNextPage, busy: list.isFetchingNextPage, load: () => void list.fetchNextPage() }} columns={[
                { key: 'who', title: say('customer'), cell: (one) => <Link to="/customers/$customer" params={{ customer: one.customer }}>{one.label || `#${one.customer}`} <code className="name">#{one.customer}</code></Link> },
                { key: 'scheme', title: say('scheme'), cell: (one) => textOf(catalogue?.tiers.find((own) => own.name === one.scheme)?.title, one.scheme, format.lang) },
                { key: 'champion', title: say('champion'), cell: (one) => level(one.scheme, one.champion) },
                { key: 'challenger', title: say('challenger'), cell: (one) => level(one.scheme, one.challenger) },
                { key: 'old', title: say('championScore'), align: 'right', cell: (one) => format.decimal(one.champion_score) },
                { key: 'new', title: say('challengerScore'), align: 'right', cell: (one) => format.decimal(one.challenger_score) },
              ]} />
            )}
          </>
        )}</Loaded>
      )}
    </Panel>
  );
}
