import { Button } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Tested } from '../../shared/api/later';
import { placeOfPath } from '../../shared/rules/places';
import { useFormat } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { useCaseWords } from './words';

const FIRST = 12;

/** How much of the rules the cases meet, and what none of them does. */
export function Coverage({ coverage }: { coverage: Tested['coverage'] }) {
  const say = useCaseWords();
  const format = useFormat();
  const navigate = useNavigate();
  const [all, showAll] = useState(false);
  const missing = coverage.parts.filter((part) => part.met_by.length === 0);
  const shown = all ? missing : missing.slice(0, FIRST);
  return (
    <div className="cols">
      <Panel className="c4" title={say('coverage')}>
        <div className="stack">
          <p>{say('coverageText', { met: format.count(coverage.n_met), all: format.count(coverage.n_parts), percent: format.percent(coverage.percent / 100, 0) })}</p>
          <table className="table small" aria-label={say('coverage')}>
            <thead><tr><th scope="col">{say('kind')}</th><th scope="col" className="right">{say('met')}</th></tr></thead>
            <tbody>{coverage.kinds.filter((one) => one.n_parts > 0).map((one) => <tr key={one.kind}><th scope="row">{one.title[format.lang]}</th><td className="right"><i className="bar-cell" style={{ width: (one.n_met / one.n_parts) * 60 }} />{format.count(one.n_met)} / {format.count(one.n_parts)}</td></tr>)}</tbody>
          </table>
        </div>
      </Panel>
      <Panel className="c8" title={say('missing')} extra={<span className="faint small">{format.count(missing.length)}</span>}>
        {missing.length === 0 ? <p className="good">{say('allMet')}</p> : (
          <ul className="met">{shown.map((part) => {
            const to = placeOfPath(part.path);
            return <li key={part.kind + part.path}>{to ? <button type="button" className="linkish" onClick={() => void navigate({ to: to.to, params: to.params } as never)}>{part.title[format.lang]}</button> : part.title[format.lang]} <code className="name">{part.path}</code></li>;
          })}</ul>
        )}
        {missing.length > FIRST && !all && <Button size="small" type="text" onClick={() => showAll(true)}>{say('more', { n: format.count(missing.length - FIRST) })}</Button>}
      </Panel>
    </div>
  );
}
