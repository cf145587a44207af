import { Input } from 'antd';
import { useState } from 'react';
import type { NextLearned } from '../../shared/api/learned';
import { useFormat } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { DataTable } from '../../shared/ui/table';
import { Judged } from './Judged';
import { useNextWords } from './words';

/** Whether it is any good comes first; then what is bought together, and what is due. */
export default function Result({ result }: { result: NextLearned }) {
  const say = useNextWords();
  const format = useFormat();
  return (
    <>
      <Panel title={say('means')}><div className="words" role="status"><ul>{result.words.map((one, index) => <li key={index} className="sentence">{one[format.lang]}</li>)}</ul></div>{result.findings.map((one) => <p key={one.code} className="small"><span className="warn">{one.what[format.lang]}</span> <span className="faint">{one.right[format.lang]}</span></p>)}<p className="faint small">{say('basis', { customers: format.count(result.n_customers), items: format.count(result.n_items), of: result.of_title[format.lang] })}{result.n_blocked > 0 && ` ${say('blocked', { n: format.count(result.n_blocked) })}`}</p></Panel>
      <Judged result={result} />
      <div className="cols"><Rules result={result} /><Due result={result} /></div>
    </>
  );
}

function Rules({ result }: { result: NextLearned }) {
  const say = useNextWords();
  const format = useFormat();
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const said = (one: NextLearned['rules'][number]) => one.left.map((own) => own.title[format.lang]).join(' + ');
  const rules = result.rules.filter((one) => !wanted || `${said(one)} ${one.right.title[format.lang]}`.toLowerCase().includes(wanted));
  return (
    <Panel className="c7" flush title={say('rules')} extra={result.rules.length > 0 && <Input.Search allowClear size="small" aria-label={say('find')} placeholder={say('find')} style={{ width: 180 }} value={text} onChange={(event) => setText(event.target.value)} />}>
      {result.rules.length === 0 ? <p className="faint" style={{ padding: 14 }}>{say('noRules')}</p> : (
        <>
          <DataTable label={say('rules')} rows={rules} rowKey={(one, at) => `${one.left.map((own) => own.item).join(' ')} ${one.right.item} ${at}`} height={420} columns={[
            { key: 'left', title: say('bought'), cell: (one) => said(one) },
            { key: 'right', title: say('then'), cell: (one) => <b>{one.right.title[format.lang]}</b> },
            { key: 'confidence', title: say('confidence'), align: 'right', cell: (one) => format.percent(one.confidence.value) },
            { key: 'lift', title: say('lift'), align: 'right', cell: (one) => format.decimal(one.lift, 1, true) },
            { key: 'support', title: say('support'), align: 'right', cell: (one) => format.percent(one.support, 2) },
            { key: 'times', title: say('times'), align: 'right', cell: (one) => format.count(one.count) },
          ]} />
          <p className="faint small" style={{ padding: '8px 14px' }}>{say('rulesHint')}</p>
        </>
      )}
    </Panel>
  );
}

function Due({ result }: { result: NextLearned }) {
  const say = useNextWords();
  const format = useFormat();
  return (
    <Panel className="c5" flush title={say('due')}>
      {result.due.length === 0 ? <p className="faint" style={{ padding: 14 }}>{say('noDue')}</p> : (
        <DataTable label={say('due')} rows={result.due} rowKey={(one) => one.item} height={420} columns={[
          { key: 'item', title: say('item'), cell: (one) => one.title[format.lang] },
          { key: 'rhythm', title: say('rhythm'), align: 'right', cell: (one) => say('days', { n: format.count(one.days) }) },
          { key: 'buyers', title: say('buyers'), align: 'right', cell: (one) => format.count(one.n_customers) },
          { key: 'due', title: say('dueNow'), align: 'right', cell: (one) => <b>{format.count(one.n_due)}</b> },
        ]} />
      )}
    </Panel>
  );
}
