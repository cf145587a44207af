import { Button } from 'antd';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Satisfaction } from '../../shared/api/learned';
import { useRead } from '../../shared/api/hooks';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { Answers, Bias } from './Answers';
import { Ask } from './Ask';
import { NOBODY, askedOf, type Address } from './asked';
import { Grid, Lists } from './Grid';
import { Groups } from './Groups';
import { Measures } from './Measures';
import { Topics } from './Topics';
import { Trend } from './Trend';
import { useSatisfactionWords } from './words';

/** What customers answered, how sure that is, whether it keeps them, and whom to act on. */
export default function SatisfactionPage() {
  const say = useSatisfactionWords();
  const may = useMay();
  const navigate = useNavigate();
  const address = useSearch({ strict: false }) as Address;
  const asked = askedOf(address);
  const query = useRead('/satisfaction', { query: asked }, { keep: true, staleTime: 60_000 });
  const found = query.data as unknown as Satisfaction | undefined;
  const go = (next: Address) => void navigate({ to: '/satisfaction', search: Object.fromEntries(Object.entries({ ...address, ...next }).filter(([, value]) => value)) as never, replace: true });
  const nobody = query.error && !address.measure && !address.window && (query.error.problem.errors ?? []).some((one) => NOBODY.includes(one.code ?? ''));
  // Nobody was asked, but customers may be rated all the same.
  const ratings = useRead('/satisfaction', { query: { of_customers: true } }, { enabled: !!nobody, staleTime: 60_000 });
  return (
    <Page title={say('title')} lead={say('lead')} fresh={found && { asOf: found.as_of }}>
      {nobody ? (
        <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}><ol className="teach"><li>{say('step1')}</li><li>{say('step2')}</li><li>{say('step3')}</li></ol>{ratings.data && <Button onClick={() => go({ measure: 'csat', of_customers: 'yes' })}>{say('toRatings')}</Button>}{may('import_data') && <Link to="/imports">{say('toImports')}</Link>}</Empty></Panel>
      ) : (
        <>
          {(found || address.window || address.by) && <Ask address={address} go={go} />}
          <Loaded query={query} rows={12}>{() => found && <Told found={found} address={address} go={go} />}</Loaded>
        </>
      )}
    </Page>
  );
}

export function Told({ found, address, go }: { found: Satisfaction; address: Address; go: (next: Address) => void }) {
  const say = useSatisfactionWords();
  const { lang } = useFormat();
  const asked = askedOf(address);
  return (
    <>
      <Measures asked={asked} chosen={found.question.measure} rated={!!found.question.of_customers} onChoose={(measure, rated) => go({ measure, of_customers: rated ? 'yes' : undefined })} />
      <Panel title={say('means')}><div className="stack">
        <div className="words" role="status"><p className="sentence">{found.overall.words[lang]}</p></div>
        {found.findings.map((one) => <p key={one.code} className="small"><span className="warn">{one.what[lang]}</span> <span className="faint">{one.right[lang]}</span></p>)}
      </div></Panel>
      {found.grid && <div className="cols"><Grid found={found} address={address} /><Lists found={found} address={address} /></div>}
      <div className="cols"><Answers found={found} /><Bias found={found} /></div>
      <Groups found={found} />
      <div className="cols"><Topics found={found} address={address} onCodes={(codes) => go({ codes })} /><Trend found={found} asked={asked} /></div>
    </>
  );
}
