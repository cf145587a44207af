import { Button } from 'antd';
import { Link } from '@tanstack/react-router';
import type { Distribution } from '../../shared/api/later';
import type { ModelDocument } from '../../shared/api/document';
import { useSend } from '../../shared/api/hooks';
import { CutsDistribution } from '../../shared/chart/CutsDistribution';
import { useOpen } from '../../shared/useOpen';
import { useFormat } from '../../shared/session';
import { Panel } from '../../shared/ui/page';
import { Trouble } from '../../shared/ui/states';
import { useIndicatorWords } from './words';
import { useState } from 'react';

/** How the values lie: as graded last, or computed anew from the draft. */
export function IndicatorDistribution({ name, document, stored }: { name: string; document: ModelDocument; stored: Distribution | null }) {
  const say = useIndicatorWords();
  const format = useFormat();
  const [fresh, setFresh] = useState<Distribution | null>(null);
  const preview = useSend('post', '/preview/indicator', { onDone: (reply) => setFresh(reply.distribution) });
  const shown = fresh ?? stored;
  // What the draft computes anew is in nobody's stored grades yet, so there is nobody to open.
  const openRange = useOpen();
  const open = fresh ? undefined : openRange;
  const named = shown?.bins.some((bin) => bin.label);
  const most = Math.max(1, ...(shown?.bins.map((bin) => bin.count) ?? []));
  return (
    <Panel title={say('distribution')} extra={<Button size="small" loading={preview.isPending} onClick={() => preview.mutate({ body: { document, name } })}>{say('refresh')}</Button>}>
      <div className="stack">
        {preview.error ? <Trouble error={preview.error} /> : !shown && <p className="faint small">{say('notShown')}</p>}
        {shown && !named && <CutsDistribution label={say('distribution')} bins={shown.bins} cuts={[]} onOpen={open} />}
        {shown && named && <table className="table"><tbody>{shown.bins.slice(0, 12).map((bin) => <tr key={bin.label}><th scope="row">{bin.label}</th><td><i className="bar-cell" style={{ width: (bin.count / most) * 110 }} />{fresh ? format.count(bin.count) : <Link to="/customers" search={{ indicator: name, value: bin.label ?? '' }}>{format.count(bin.count)}</Link>}</td></tr>)}</tbody></table>}
        {shown && (
          <table className="table small"><tbody>
            {shown.quantiles.map((one) => <tr key={one.q}><th scope="row">{one.q === 0 ? say('q0') : one.q === 1 ? say('q10') : one.q === 0.5 ? say('q5') : format.percent(one.q, 0)}</th><td className="right">{format.decimal(one.value)}</td></tr>)}
            <tr><th scope="row">{say('nUnknown')}</th><td className="right">{format.count(shown.n_unknown)}</td></tr>
            <tr><th scope="row">{say('nNot')}</th><td className="right">{format.count(shown.n_not_applicable)}</td></tr>
          </tbody></table>
        )}
      </div>
    </Panel>
  );
}
