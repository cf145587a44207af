import { Button, Spin } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { ModelDocument } from '../api/document';
import { usesOf } from '../draft/uses';
import { textOf } from '../i18n/language';
import { TierEffect } from '../preview/TierEffect';
import { useModelPreview } from '../preview/useModelPreview';
import { useFormat } from '../session';
import { Panel } from '../ui/page';
import { Trouble } from '../ui/states';
import type { RuleLook } from './useRuleLook';
import { useRuleWords } from './words';

const SHOWN = 12;

/** The first tier scheme that a rule bears on, however far the way is. */
export function schemeOf(document: ModelDocument | null, name: string): string | undefined {
  if (!document) return undefined;
  const seen = new Set([name]);
  for (let queue = [name]; queue.length > 0;) {
    const uses = queue.flatMap((one) => usesOf(document, one));
    const scheme = uses.find((use) => use.kind === 'tier');
    if (scheme) return scheme.name;
    queue = uses.map((use) => use.name).filter((one) => !seen.has(one) && seen.add(one));
  }
  return undefined;
}

/** What the rule gives to everybody, beside what it gave, and who rises and falls by it. */
export function RuleEffect({ look, name, document }: { look: RuleLook; name: string; document: ModelDocument }) {
  const say = useRuleWords();
  const format = useFormat();
  const navigate = useNavigate();
  const scheme = useMemo(() => schemeOf(document, name), [document, name]);
  const tier = useModelPreview(document, { scheme }, scheme !== undefined);
  const { query } = look;
  const data = query.data;
  const busy = query.isFetching || tier.isFetching;
  const outcomes = data?.outcomes ?? [];
  const most = Math.max(1, ...outcomes.map((one) => Math.max(one.count, one.before ?? 0)));
  // A rule that is new gives nothing now, so there is nothing to compare with.
  const isKnown = outcomes.some((one) => one.before != null);
  // What cannot be compiled yet is told by its findings; it is no trouble of the server.
  const wrong = query.error?.status === 422;
  return (
    <Panel title={say('effect')} extra={busy ? <span className="small faint" role="status"><Spin size="small" /> {say('computing')}</span> : data && !data.needs_fold && <span className="small faint">{say('took', { at: format.day(data.as_of), n: format.count(data.customers), time: format.seconds(data.seconds) })}</span>}>
      <div className="stack">
        {wrong ? <p className="faint">{say('wrong')}</p> : query.error && <Trouble error={query.error} />}
        {data?.needs_fold && <p className="warn">{say('needsFold')} <Button size="small" onClick={() => void navigate({ to: '/simulate' })}>{say('effect')}</Button></p>}
        {!wrong && outcomes.length > 0 && (
          <table className="table small">
            <thead><tr><th scope="col">{say('outcome')}</th>{isKnown && <th scope="col" className="right">{say('now')}</th>}<th scope="col" className="right">{say(isKnown ? 'then' : 'people')}</th>{isKnown && <th scope="col" className="right">{say('change')}</th>}</tr></thead>
            <tbody>{outcomes.slice(0, SHOWN).map((one) => (
              <tr key={one.value ?? ''}>
                <th scope="row">{one.value == null ? <span className="faint">{say('nothing')}</span> : format.value(one.value)}</th>
                {isKnown && <td className="right faint">{format.count(one.before ?? 0)}</td>}
                <td className="right"><i className="bar-cell" style={{ width: (one.count / most) * 50 }} />{format.count(one.count)}</td>
                {isKnown && <td className={`right ${one.count === (one.before ?? 0) ? 'faint' : ''}`}>{format.signed(one.count - (one.before ?? 0))}</td>}
              </tr>
            ))}</tbody>
          </table>
        )}
        {outcomes.length > SHOWN && <p className="faint small">{say('more', { n: format.count(outcomes.length - SHOWN) })}</p>}
        {scheme && tier.data && !tier.data.needs_fold && <><h3 className="sub">{say('tier')} · {textOf(document.tiers?.[scheme]?.title, scheme, format.lang)}</h3><TierEffect preview={tier.data} /></>}
      </div>
    </Panel>
  );
}
