import { Link } from '@tanstack/react-router';
import { useRead } from '../../shared/api/hooks';
import type { NextFor, NextItem } from '../../shared/api/learned';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';
import { StateTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';

export const useNextOfWords = words('customer-next', {
  tab: ['接下来', 'What next'],
  offer: ['可以推荐', 'What to offer'], due: ['该补货了', 'Due to be bought again'],
  item: ['商品', 'Item'], why: ['为什么', 'Why'], when: ['预计', 'About'], between: ['{{low}} 至 {{high}} 之间', 'between {{low}} and {{high}}'], overdue: ['已过期', 'overdue'],
  rules: ['一起买', 'bought together'], factors: ['口味相近', 'similar tastes'], popular: ['热销', 'bestseller'], recent: ['近来热销', 'selling now'], h_due: ['补货', 'buys again'],
  none: ['没有可以推荐的商品', 'Nothing to offer'], noneText: ['买得太少，或者剩下的都买过、缺货、拒绝过。', 'Too little was bought, or all that is left is owned, out of stock or was refused.'],
  first: ['还没有学过“接下来买什么”', 'What customers buy next has not been learned'], firstText: ['学一次之后，这里会列出这位客户接下来可能买的商品、理由和补货日期。', 'Once it has been, this lists what the customer may buy next, why, and when they are due to buy again.'], toNext: ['去学习', 'Learn it'],
  made: ['截至 {{date}}', 'as of {{date}}'], judged: ['准不准', 'Is it any good?'],
});

/** What one customer may want next and why, and when they are due to buy again. */
export function NextOf({ customer }: { customer: string }) {
  const say = useNextOfWords();
  const { lang, day } = useFormat();
  const query = useRead('/customers/{customer}/next', { path: { customer } }, { staleTime: 60_000 });
  // A finding says that nothing was learned yet: where everybody begins.
  if (query.error && (query.error.problem.errors ?? []).some((one) => one.code === 'next-not-learned')) return <Empty title={say('first')} text={say('firstText')}><Link to="/next">{say('toNext')}</Link></Empty>;
  return (
    <Loaded query={query}>{(data) => {
      const found = data as unknown as NextFor;
      if (found.items.length + found.due.length === 0) return <Empty title={say('none')} text={say('noneText')} />;
      return (
        <div className="stack">
          <p className="words sentence">{found.words[lang]}</p>
          <div className="cols">
            {found.items.length > 0 && <section className="c7 stack"><h3>{say('offer')}</h3><Items label={say('offer')} items={found.items} /></section>}
            {found.due.length > 0 && <section className="c5 stack"><h3>{say('due')}</h3><Dues label={say('due')} items={found.due} asOf={day(found.as_of)} /></section>}
          </div>
          <p className="faint small">{say('made', { date: day(found.as_of) })} · <Link to="/next">{say('judged')}</Link></p>
        </div>
      );
    }}</Loaded>
  );
}

function Items({ label, items }: { label: string; items: NextItem[] }) {
  const say = useNextOfWords();
  const { lang } = useFormat();
  return (
    <table className="table" aria-label={label}>
      <thead><tr><th scope="col">{say('item')}</th><th scope="col">{say('why')}</th></tr></thead>
      <tbody>{items.map((one, at) => <tr key={one.item}><th scope="row"><span className="faint">{at + 1}</span> {one.title[lang]}</th><td className="small"><StateTag state="">{say(one.how === 'due' ? 'h_due' : one.how)}</StateTag> {one.why[lang]}</td></tr>)}</tbody>
    </table>
  );
}

function Dues({ label, items, asOf }: { label: string; items: NextItem[]; asOf: string }) {
  const say = useNextOfWords();
  const { lang } = useFormat();
  return (
    <table className="table" aria-label={label}>
      <thead><tr><th scope="col">{say('item')}</th><th scope="col">{say('when')}</th></tr></thead>
      <tbody>{items.map((one) => <tr key={one.item}><th scope="row">{one.title[lang]}</th><td>{one.due && <><b>{one.due.date}</b> {one.due.high < asOf && <StateTag state="waiting">{say('overdue')}</StateTag>}<div className="faint small">{say('between', { low: one.due.low, high: one.due.high })}</div></>}</td></tr>)}</tbody>
    </table>
  );
}
