import { CopyOutlined } from '@ant-design/icons';
import { App, Button } from 'antd';
import type { Explanation } from '../../shared/api/contract';
import { isThere, useRead } from '../../shared/api/hooks';
import { useFormat } from '../../shared/session';
import { moneyIn, sayWay, tellCustomer, useWaysWords, waysOf, type SchemeWays } from './lifting';

/** What the customer can do to rise or to stay, by when, and how to tell them. */
export function Ways({ customer, why }: { customer: string; why: Explanation }) {
  const say = useWaysWords();
  const format = useFormat();
  const { message } = App.useApp();
  const { lang } = format;
  // Whole units of the currency: nobody is asked for a fraction of a cent.
  const money = (amount: number) => format.money(amount).replace(/\.00(?=\D*$)/, '');
  // The server's own sentences, and why there is nothing to do, where it has them; else what the statement says.
  const asked = useRead('/customers/{customer}/ways', { path: { customer } }, { enabled: isThere('get', '/customers/{customer}/ways') });
  const schemes = (asked.data?.schemes as unknown as SchemeWays[] | undefined) ?? waysOf(why);
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      void message.success(say('copied'));
    } catch {
      // Without https a browser has no clipboard: the text can still be marked and copied.
    }
  };
  return (
    <div className="stack">
      <p className="faint small">{say('lead')}</p>
      {schemes.map((one) => {
        const told = moneyIn(tellCustomer(one, say, lang, money), format.currency, money);
        return (
          <section key={one.scheme} className="stack ways">
            <h3>{one.title[lang]}</h3>
            {one.goals.length === 0 && <p className="faint">{one.none_because?.[lang] ?? say('nothing')}</p>}
            {one.goals.map((goal) => (
              <div key={goal.level} className="way">
                <p><b>{say(goal.keeps ? 'keep' : 'lift', { level: goal.level_title[lang] })}</b></p>
                {goal.state === 'out_of_reach' ? <p><span className="tag">{say('outOfReach')}</span> {goal.out_of_reach?.[lang]}</p>
                  : goal.state === 'by_itself' ? <p className="good">{say(goal.keeps ? 'enoughKeep' : 'enough', { by: goal.by })}</p>
                  : <><p className="faint small">{goal.not_before ? say('between', { from: goal.not_before, by: goal.by }) : say('by', { by: goal.by })}</p><ul className="either">{goal.ways.map((way, index) => <li key={index}>{index > 0 && <span className="faint small">{say('or')}</span>} <b>{moneyIn(sayWay(way, say, lang, money), format.currency, money)}</b></li>)}</ul>{goal.sooner && goal.sooner.length > 0 && <p className="faint small">{say('sooner')} {goal.sooner.map((way) => moneyIn(sayWay(way, say, lang, money), format.currency, money)).join(say('orElse'))}</p>}</>}
              </div>
            ))}
            {one.goals.length > 0 && <div className="words"><p className="spread"><span className="faint small">{say('customer')}</span><Button size="small" type="text" icon={<CopyOutlined />} aria-label={`${say('copy')} ${one.title[lang]}`} onClick={() => void copy(told)}>{say('copy')}</Button></p><p>{told}</p></div>}
          </section>
        );
      })}
    </div>
  );
}
