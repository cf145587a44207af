import type { GroupAsked, Groups, Whole } from '../../shared/api/validation';
import { IntervalBar, scaleOf } from '../../shared/chart/IntervalBar';
import { useFormat } from '../../shared/session';
import { LevelTag, StateTag } from '../../shared/ui/parts';
import { useMembers } from './members';
import { useBacktestWords } from './words';

const TONE = { holds: 'active', unclear: 'waiting', contradicted: 'failed', nothing: '' } as const;

/** A share in percent, an amount as people write it. */
export function useMeasure() {
  const format = useFormat();
  return (value: number | null | undefined, is_share: boolean) => (is_share ? format.percent(value) : format.short(value));
}

/** What came of each tier or band, the highest first, each with the interval in which it lies. */
export function GroupsTable({ groups, outcomes, kind }: { groups: Groups; outcomes: Whole[]; kind: GroupAsked['kind'] }) {
  const say = useBacktestWords();
  const format = useFormat();
  const measure = useMeasure();
  const open = useMembers();
  const graded = groups.groups.filter((one) => one.name !== '');
  const rows = [...graded].reverse().concat(groups.groups.filter((one) => one.name === '' && one.n > 0));
  return (
    <>
    <div className="table-box" role="region" aria-label={groups.title[format.lang]} tabIndex={0}>
      <table className="table" aria-label={groups.title[format.lang]}>
        <thead><tr><th scope="col">{say('group')}</th><th scope="col" className="right">{say('people')}</th>{outcomes.map((one) => <th key={one.outcome} scope="col">{say('of', { outcome: one.title[format.lang] })}</th>)}</tr></thead>
        <tbody>
          {rows.map((group) => (
            <tr key={group.name}>
              <th scope="row">{group.name === '' ? <span className="faint">{say('notGraded')}</span> : <LevelTag title={group.title[format.lang]} index={graded.indexOf(group)} of={graded.length} />}</th>
              <td className="right">{open && group.n > 0 ? <button type="button" className="linkish" title={say('openGroup')} onClick={() => open({ kind, name: groups.name, group: group.name })}>{format.count(group.n)}</button> : format.count(group.n)}</td>
              {outcomes.map((outcome) => {
                const found = group.outcomes.find((one) => one.outcome === outcome.outcome);
                const scale = scaleOf(groups.groups.map((one) => one.outcomes.find((own) => own.outcome === outcome.outcome)?.each), 0);
                return <td key={outcome.outcome}>{found?.each ? <span className="estimate"><IntervalBar of={found.each} {...scale} mark={outcome.each?.value} width={110} /><span><b>{measure(found.each.value, outcome.is_share)}</b> <span className="faint small nowrap">{measure(found.each.low, outcome.is_share)} – {measure(found.each.high, outcome.is_share)}</span></span></span> : <span className="faint" title={say('noOutcome')}>–</span>}</td>;
              })}
            </tr>
          ))}
          <tr><td /><td />{outcomes.map((outcome) => { const order = groups.orders.find((one) => one.outcome === outcome.outcome); return <td key={outcome.outcome}>{order && <><StateTag state={TONE[order.standing]}>{say(order.standing)}</StateTag>{order.contradictions.slice(0, 2).map((one, index) => <div key={index} className="small bad wrap">{one.words[format.lang]}</div>)}</>}</td>; })}</tr>
        </tbody>
      </table>
    </div>
    <p className="faint small">{say('barHint')}</p>
    </>
  );
}
