import { Link } from '@tanstack/react-router';
import { useRead } from '../../shared/api/hooks';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';
import { Panel } from '../../shared/ui/page';

const useWords = words('missing', {
  title: ['什么信息最缺', 'What is missing most'],
  lead: ['有些客户的等级是暂定的：补上某项未知信息，等级可能改变。排在前面的补上后，最多客户的等级就此确定。', 'Some tiers are provisional: something unknown could change them. Known, the line on top would settle most customers.'],
  scheme: ['等级体系', 'Tiers'], line: ['评分项', 'Line of the scorecard'], open: ['未知的客户', 'Unknown for'], settled: ['补上即确定', 'Would settle'],
  provisional: ['{{n}} 位暂定，共 {{all}} 位有等级；信息平均完整度 {{known}}', '{{n}} provisional of {{all}} with a tier; {{known}} known on average'],
  none: ['没有客户因为信息未知而只有暂定等级。', 'Nobody’s tier is provisional for something unknown.'],
});

/** Which unknown information keeps tiers from being sure; nothing where nobody was graded, or somebody sees a part only. */
export function Missing() {
  const say = useWords();
  const format = useFormat();
  const { data } = useRead('/missing', {}, { staleTime: 300_000 });
  if (!data || data.schemes.length === 0) return null;
  const rows = data.schemes.flatMap((scheme) => scheme.lines.slice(0, 5).map((line) => ({ scheme, line })));
  return (
    <Panel title={say('title')} extra={<span className="faint small">{format.day(data.as_of)}</span>}>
      <div className="stack">
        <p className="faint small">{say('lead')}</p>
        {data.schemes.map((one) => <p key={one.scheme}><b>{one.title[format.lang]}</b> · {say('provisional', { n: format.count(one.n_provisional), all: format.count(one.n_graded), known: format.percent(one.completeness, 1) })}</p>)}
        {rows.length === 0 ? <p className="faint">{say('none')}</p> : <table className="table" aria-label={say('title')}>
          <thead><tr><th scope="col">{say('scheme')}</th><th scope="col">{say('line')}</th><th scope="col" className="right">{say('open')}</th><th scope="col" className="right">{say('settled')}</th></tr></thead>
          <tbody>{rows.map(({ scheme, line }) => <tr key={scheme.scheme + line.name}><th scope="row">{scheme.title[format.lang]}</th><td><Link to="/scorecards/$name" params={{ name: scheme.scorecard }}>{line.title[format.lang]}</Link></td><td className="right">{format.count(line.n_open)}</td><td className="right strong">{format.count(line.n_settled)}</td></tr>)}</tbody>
        </table>}
      </div>
    </Panel>
  );
}
