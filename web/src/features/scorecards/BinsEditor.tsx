import { DeleteOutlined, ExclamationCircleFilled, PlusOutlined, WarningFilled } from '@ant-design/icons';
import { Button, InputNumber, Select, Space, Tooltip } from 'antd';
import type { Finding } from '../../shared/api/contract';
import type { ModelPreview } from '../../shared/api/later';
import type { Bin, Scalar } from '../../shared/api/document';
import { useRead } from '../../shared/api/hooks';
import { CutsDistribution } from '../../shared/chart/CutsDistribution';
import { binsAt } from '../../shared/cuts/cuts';
import { CutsHelper } from '../../shared/cuts/CutsHelper';
import { useOpen } from '../../shared/useOpen';
import { useFormat } from '../../shared/session';
import { useScorecardWords } from './words';
import { useCatalogue } from '../../shared/catalogue';

const number = (value: unknown) => (value === undefined || value === null || value === '' ? undefined : Number(value));

/** Cuts between neighbouring bins, if the bins are one row of ranges; else none. */
export function cutsOf(bins: Bin[]): number[] | null {
  const ranges = bins.filter((bin) => !bin.in && !bin.else);
  if (ranges.length < 2 || ranges.length !== bins.length) return null;
  const cuts: number[] = [];
  for (let at = 1; at < ranges.length; at += 1) {
    const below = number(ranges[at - 1]!.below);
    const from = number(ranges[at]!.from);
    if (below === undefined || from === undefined || below !== from) return null;
    cuts.push(from);
  }
  return cuts.every((cut, at) => at === 0 || cut > cuts[at - 1]!) ? cuts : null;
}

/** The same bins at other cuts; a neighbour's end moves with a bin's beginning. */
export function withCuts(bins: Bin[], cuts: number[]): Bin[] {
  return bins.map((bin, at) => {
    const next = { ...bin };
    if (at > 0) next.from = cuts[at - 1];
    if (at < cuts.length) next.below = cuts[at];
    return next;
  });
}

/** A bin more: the widest place is the last bin, which is cut in two. */
export function addBin(bins: Bin[]): Bin[] {
  const ranges = bins.filter((bin) => !bin.in && !bin.else);
  const last = ranges.at(-1);
  const start = number(last?.from) ?? 0;
  const cut = start + Math.max(1, Math.abs(start) * 0.5);
  if (!last) return [{ below: 1, points: 0 }, { from: 1, points: 10 }, ...bins];
  const at = bins.indexOf(last);
  return [...bins.slice(0, at), { ...last, below: cut }, { from: cut, ...(last.below !== undefined ? { below: last.below } : {}), points: Number(last.points) }, ...bins.slice(at + 1)];
}

/** Without one bin; its neighbour takes the place, so that no gap opens. */
export function removeBin(bins: Bin[], at: number): Bin[] {
  const gone = bins[at]!;
  const next = bins.filter((_, index) => index !== at);
  if (gone.in || gone.else) return next;
  const before = next[at - 1];
  if (before && !before.in && !before.else) {
    const { below: _, ...open } = before;
    next[at - 1] = gone.below === undefined ? open : { ...before, below: gone.below };
  } else if (next[at] && !next[at]!.in && !next[at]!.else) {
    const { from: _, ...open } = next[at]!;
    next[at] = gone.from === undefined ? open : { ...next[at]!, from: gone.from };
  }
  return next;
}

export function BinsEditor({ bins, onChange, indicator, preview, label, findings = [], path = '' }: { findings?: Finding[]; path?: string; bins: Bin[]; onChange: (bins: Bin[]) => void; indicator: string; preview?: ModelPreview['attributes'][number]; label: string }) {
  const say = useScorecardWords();
  const format = useFormat();
  const known = useCatalogue()?.indicators.some((one) => one.name === indicator);
  const distribution = useRead('/indicators/{name}', { path: { name: indicator } }, { enabled: !!known, staleTime: 300_000 }).data?.distribution;
  const open = useOpen();
  const cuts = cutsOf(bins);
  const put = (at: number, key: keyof Bin, value: unknown) => {
    const next = bins.map((bin, index) => {
      if (index !== at) return bin;
      const copy: Record<string, unknown> = { ...bin, [key]: value };
      if (value === undefined) delete copy[key];
      return copy as unknown as Bin;
    });
    // Bins touch: what one ends with, the next begins with.
    if (cuts && key === 'from' && at > 0 && value !== undefined) next[at - 1] = { ...next[at - 1]!, below: value as number };
    if (cuts && key === 'below' && at < bins.length - 1 && value !== undefined) next[at + 1] = { ...next[at + 1]!, from: value as number };
    onChange(next);
  };
  return (
    <div className="stack">
      {distribution && !distribution.bins.some((bin) => bin.label) && <CutsDistribution label={label} bins={distribution.bins} cuts={cuts ?? []} onCuts={cuts ? (next) => onChange(withCuts(bins, next)) : undefined} height={110} inputs={false} onOpen={open} />}
      <div className="bins">
        <div className="bin faint small"><span /><span>{say('bins')}</span><span>{say('points')}</span><span>{say('people')}</span><span /></div>
        {bins.map((bin, index) => {
          const count = preview?.bins[index]?.count;
          const most = Math.max(1, ...(preview?.bins.map((one) => one.count) ?? []));
          return (
            <div className="bin" key={index}>
              <BinNumber n={index + 1} findings={findings.filter((one) => one.path === `${path}.bins[${index}]` || one.path?.startsWith(`${path}.bins[${index}].`))} />
              {bin.else ? <span>{say('elseBin')}</span> : bin.in ? (
                <Select mode="tags" aria-label={`${label} ${say('in')} ${index + 1}`} open={false} suffixIcon={null} value={bin.in.map(String)} onChange={(values: string[]) => put(index, 'in', values.map((value): Scalar => (value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value)))} />
              ) : (
                <Space size={4}>
                  <InputNumber aria-label={`${label} ${say('from')} ${index + 1}`} placeholder="−∞" style={{ width: 78 }} value={number(bin.from)} onChange={(value) => put(index, 'from', value ?? undefined)} />
                  <span className="faint">≤ x &lt;</span>
                  <InputNumber aria-label={`${label} ${say('below')} ${index + 1}`} placeholder="+∞" style={{ width: 78 }} value={number(bin.below)} onChange={(value) => put(index, 'below', value ?? undefined)} />
                </Space>
              )}
              <InputNumber aria-label={`${label} ${say('points')} ${index + 1}`} style={{ width: 80 }} value={number(bin.points)} onChange={(value) => put(index, 'points', value ?? 0)} />
              <span className="small">{count !== undefined && <><i className="bar-cell" style={{ width: (count / most) * 70 }} />{format.count(count)}</>}</span>
              <Button type="text" size="small" aria-label={`${label} ${say('removeBin')} ${index + 1}`} icon={<DeleteOutlined />} disabled={bins.length <= 1 || undefined} onClick={() => onChange(removeBin(bins, index))} />
            </div>
          );
        })}
      </div>
      <Space wrap>
        <Button size="small" icon={<PlusOutlined />} onClick={() => onChange(addBin(bins))}>{say('addBin')}</Button>
        <Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...bins.filter((bin) => !bin.else), { in: [], points: 0 }, ...bins.filter((bin) => bin.else)])}>{say('addCategory')}</Button>
        <CutsHelper value={indicator} title={label} parts={Math.max(2, bins.filter((bin) => !bin.in && !bin.else).length)} onTake={(next) => onChange(binsAt(next, bins))} />
        {!bins.some((bin) => bin.else) && <Button size="small" icon={<PlusOutlined />} onClick={() => onChange([...bins, { else: true, points: 0 }])}>{say('elseBin')}</Button>}
      </Space>
    </div>
  );
}

/** The number of a bin, marked where something is said of it. */
function BinNumber({ n, findings }: { n: number; findings: Finding[] }) {
  const lang = useFormat().lang;
  if (findings.length === 0) return <span className="faint">{n}</span>;
  const bad = findings.some((one) => one.severity === 'error');
  return <Tooltip title={findings.map((one) => <div key={one.code}>{one.message[lang]} {one.hint[lang]}{one.example ? ` (${one.example[lang]})` : ''}</div>)}><span className={bad ? 'bad' : 'warn'} tabIndex={0}>{bad ? <ExclamationCircleFilled /> : <WarningFilled />}{n}</span></Tooltip>;
}
