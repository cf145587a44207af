import { Button, Form, InputNumber, Segmented, Select, Space } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Grouping } from '../../shared/api/document';
import { useRead } from '../../shared/api/hooks';
import { useFresh } from '../../shared/catalogue';
import { CutsDistribution } from '../../shared/chart/CutsDistribution';
import { HeatMap } from '../../shared/chart/HeatMap';
import { DraftBar } from '../../shared/draft/DraftBar';
import { Editable } from '../../shared/draft/Editable';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { useOpen } from '../../shared/useOpen';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { words } from '../../shared/i18n/words';

const useWords = words('rfm', {
  title: ['RFM 工作室', 'RFM studio'],
  lead: ['按最近、次数、金额把客户分成八类或十一类，查看每类多少人，并转为分群。', 'Divides customers by recency, frequency and money into eight or eleven classes, counts them, and turns classes into segments.'],
  map: ['RFM 图：最近 × 次数', 'RFM map: recency × frequency'],
  mapHint: ['行：由近到远；列：由少到多。', 'Rows: most recent first; columns: from seldom to often.'],
  unplaced: ['缺少其中一项、因此不在图上的：', 'Not on the map, because one of the two is unknown:'], unplacedN: ['{{n}} 位客户', '{{n}} customers'],
  colourBy: ['颜色表示', 'Colour shows'],
  byCount: ['人数', 'customers'], byValue: ['人均金额', 'mean spend'],
  noMap: ['还没有评级结果，或没有相应的指标。', 'Nobody has been graded yet, or the indicators are missing.'],
  groupings: ['RFM 分群方案', 'RFM groupings'],
  add: ['新建 RFM 方案', 'New RFM grouping'],
  kind: ['分法', 'Classes'],
  eight: ['八类（高/低）', 'eight (high or low)'], eleven: ['十一类（五分位）', 'eleven (quintiles)'],
  base: ['基础人群', 'Base'], everyone: ['所有客户', 'Everybody'],
  recency: ['最近', 'Recency'], frequency: ['次数', 'Frequency'], monetary: ['金额', 'Money'],
  split: ['“高”从哪里开始', 'Where “high” begins'],
  mean: ['平均值', 'the mean'], median: ['中位数', 'the median'], fixed: ['固定值', 'fixed numbers'],
  classes: ['各类人数（最近一次评级）', 'Customers by class (last grading run)'],
  class: ['类别', 'Class'], count: ['人数', 'Customers'], share: ['占比', 'Share'], value: ['金额占比', 'Share of money'], advice: ['怎样对待', 'What to do'],
  notPublished: ['发布并评级之后，这里显示每类人数。', 'After publishing and grading this shows how many are in each class.'],
  toSegment: ['转为分群', 'Turn into a segment'],
  emptyTitle: ['还没有 RFM 方案', 'No RFM grouping yet'],
  emptyText: ['需要三个指标：距上次消费天数、订单数、消费金额。', 'It wants three indicators: days since the last purchase, orders, spend.'],
  needs: ['先建立这三个指标', 'Make the three indicators first'],
  low: ['低', 'low'], high: ['高', 'high'], old: ['久远', 'long ago'], recent: ['最近', 'recent'], seldom: ['少', 'seldom'], often: ['多', 'often'],
  remove: ['删除方案', 'Remove the grouping'],
  data: ['数据够不够', 'Is there enough data'],
  dataText: ['建议至少 500 位购买者、180 天历史；不足时分位数不稳定，请用固定值。', 'At least 500 buyers and 180 days are advisable; below that quantiles move about, so use fixed numbers.'],
});

export default function RfmStudio() {
  const say = useWords();
  const format = useFormat();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const summary = useRead('/summary');
  const open = useOpen();
  const fresh = useFresh(summary.data?.latest.as_of);
  const [asking, ask] = useState(false);
  const [picked, pick] = useState<string | null>(null);
  const [colour, setColour] = useState<'count' | 'value'>('count');
  const all = Object.entries(document?.groupings ?? {}).filter(([, one]) => one.kind === 'rfm8' || one.kind === 'rfm11');
  const name = picked ?? all[0]?.[0];
  const one = name ? document?.groupings?.[name] : undefined;
  const indicators = Object.entries(document?.indicators ?? {});
  const find = (kinds: string[]) => indicators.find(([, own]) => kinds.includes(own.kind))?.[0];
  const enough = find(['days_since']) && find(['orders', 'count']) && find(['sum']);
  const button = may('edit_models') && document && (enough ? <Button type="primary" onClick={() => ask(true)}>{say('add')}</Button> : <Button type="primary" onClick={() => void navigate({ to: '/indicators' })}>{say('needs')}</Button>);
  return (
    <Page wide title={say('title')} lead={say('lead')} fresh={fresh} actions={button}>
      <DraftBar />
      <div className="cols">
        <Panel className="c6" title={say('map')} extra={<Segmented size="small" aria-label={say('colourBy')} value={colour} onChange={(value) => setColour(value as 'count')} options={[{ value: 'count', label: say('byCount') }, { value: 'value', label: say('byValue') }]} />}>
          <Loaded query={summary} empty={(data) => !data.latest.rfm && <p className="faint">{say('noMap')}</p>}>
            {(data) => {
              const rfm = data.latest.rfm!;
              return (
                <>
                  <HeatMap label={say('map')} rows={[4, 3, 2, 1, 0].map((r) => (r === 4 ? say('recent') : r === 0 ? say('old') : ''))} columns={[0, 1, 2, 3, 4].map((f) => (f === 0 ? say('seldom') : f === 4 ? say('often') : ''))}
                    cells={[4, 3, 2, 1, 0].map((r) => rfm.cells[r]!.map((cell) => ({ value: colour === 'count' ? cell.count : (cell.mean_value ?? 0), lines: [format.count(cell.count), cell.mean_value == null ? '' : format.shortMoney(cell.mean_value)] })))} onOpen={rfm.recency_ranges && ((row, column) => open(rfm.recency_ranges?.[4 - row], rfm.frequency_ranges?.[column]))} />
                  <p className="faint small">{say('mapHint')}</p>
                  {rfm.n_unknown > 0 && <p className="small">{say('unplaced')} {rfm.unknown_ranges?.length ? <button type="button" className="linkish" onClick={() => open(...rfm.unknown_ranges!)}>{say('unplacedN', { n: format.count(rfm.n_unknown) })}</button> : say('unplacedN', { n: format.count(rfm.n_unknown) })}</p>}
                </>
              );
            }}
          </Loaded>
        </Panel>
        <Panel className="c6" title={say('groupings')} extra={all.length > 1 && <Select size="small" aria-label={say('groupings')} style={{ minWidth: 160 }} value={name} onChange={pick} options={all.map(([value, own]) => ({ value, label: textOf(own.title, value, format.lang) }))} />}>
          <Loaded query={query} empty={() => document && all.length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty>}>
            {() => one && name && <Editable><Settings name={name} one={one} put={(next) => set(['groupings', name], next)} /></Editable>}
          </Loaded>
        </Panel>
        {name && one && <Panel className="c12" title={say('classes')} flush><Classes name={name} onSegment={(group, title) => { set(['segments', `${name}_${group}`], { title, base: one.base, where: `${name} = '${group.replace(/'/g, "''")}'` }); void navigate({ to: '/segments/$name', params: { name: `${name}_${group}` } }); }} /></Panel>}
      </div>
      <AskName open={asking} title={say('add')} taken={Object.keys(document?.groupings ?? {})} onClose={() => ask(false)} onDone={(next) => { ask(false); set(['groupings', next], { title: { zh: 'RFM 八类', en: 'RFM, eight classes' }, base: 'everyone', kind: 'rfm8', recency: find(['days_since']), frequency: find(['orders', 'count']), monetary: find(['sum']), split: 'median' } satisfies Grouping); pick(next); }} />
    </Page>
  );
}

function Settings({ name, one, put }: { name: string; one: Grouping; put: (next: Grouping | undefined) => void }) {
  const say = useWords();
  const format = useFormat();
  const { document } = useDraft();
  const indicators = Object.entries(document?.indicators ?? {}).map(([value, own]) => ({ value, label: textOf(own.title, value, format.lang) }));
  const split = typeof one.split === 'object' ? 'fixed' : (one.split ?? 'mean');
  const fixed = typeof one.split === 'object' ? one.split.fixed.map(Number) : [90, 3, 1000];
  return (
    <Form layout="vertical">
      <p><Title text={one.title} name={name} /></p>
      <div className="two">
        <Form.Item label={say('kind')}><Select aria-label={say('kind')} value={one.kind} onChange={(kind) => { const next = { ...one, kind }; if (kind === 'rfm11') delete next.split; put(next); }} options={[{ value: 'rfm8', label: say('eight') }, { value: 'rfm11', label: say('eleven') }]} /></Form.Item>
        <Form.Item label={say('base')}><Select aria-label={say('base')} value={one.base} onChange={(base) => put({ ...one, base })} options={[{ value: 'everyone', label: say('everyone') }, ...Object.entries(document?.segments ?? {}).map(([value, own]) => ({ value, label: textOf(own.title, value, format.lang) }))]} /></Form.Item>
      </div>
      {one.kind === 'rfm8' && <Form.Item label={say('split')}><Select aria-label={say('split')} style={{ width: 160 }} value={split} onChange={(next) => put({ ...one, split: next === 'fixed' ? { fixed: [90, 3, 1000] } : (next as 'mean') })} options={(['mean', 'median', 'fixed'] as const).map((value) => ({ value, label: say(value) }))} /></Form.Item>}
      {(['recency', 'frequency', 'monetary'] as const).map((key, index) => (
        <Form.Item key={key} label={say(key)}>
          <Space wrap><Select aria-label={say(key)} style={{ width: 240 }} showSearch optionFilterProp="label" value={one[key]} onChange={(value) => put({ ...one, [key]: value })} options={indicators} />
            {split === 'fixed' && one.kind === 'rfm8' && <InputNumber aria-label={`${say(key)} ${say('fixed')}`} value={fixed[index]} onChange={(value) => { const next = [...fixed]; next[index] = value ?? 0; put({ ...one, split: { fixed: next as [number, number, number] } }); }} />}</Space>
          {split === 'fixed' && one[key] && <Cut indicator={one[key]!} value={fixed[index]!} label={say(key)} onChange={(value) => { const next = [...fixed]; next[index] = value; put({ ...one, split: { fixed: next as [number, number, number] } }); }} />}
        </Form.Item>
      ))}
      <p className="faint small"><b>{say('data')}</b> {say('dataText')}</p>
      <Button size="small" danger onClick={() => put(undefined)}>{say('remove')}</Button>
    </Form>
  );
}

function Cut({ indicator, value, onChange, label }: { indicator: string; value: number; onChange: (value: number) => void; label: string }) {
  const open = useOpen();
  const distribution = useRead('/indicators/{name}', { path: { name: indicator } }, { staleTime: 300_000 }).data?.distribution;
  return distribution ? <CutsDistribution label={label} height={80} inputs={false} bins={distribution.bins} cuts={[value]} onCuts={([next]) => onChange(next!)} onOpen={open} /> : null;
}

function Classes({ name, onSegment }: { name: string; onSegment: (group: string, title: { zh: string; en: string }) => void }) {
  const say = useWords();
  const format = useFormat();
  const may = useMay();
  const summary = useRead('/summary');
  const grouping = summary.data?.latest.groupings.find((own) => own.name === name);
  if (!grouping) return <p className="faint" style={{ padding: 14 }}>{say('notPublished')}</p>;
  const most = Math.max(1, ...grouping.groups.map((group) => group.count));
  return (
    <div className="table-box"><table className="table">
      <thead><tr><th scope="col">{say('class')}</th><th scope="col">{say('count')}</th><th scope="col" className="right">{say('share')}</th><th scope="col" className="right">{say('value')}</th><th scope="col" /></tr></thead>
      <tbody>{grouping.groups.map((group) => (
        <tr key={group.name}>
          <th scope="row">{group.title[format.lang]}</th>
          <td><i className="bar-cell" style={{ width: (group.count / most) * 160 }} /><Link to="/customers" search={{ grouping: name, group: group.name }}>{format.count(group.count)}</Link></td>
          <td className="right">{format.percent(group.share)}</td><td className="right">{format.percent(group.value_share)}</td>
          <td className="right">{may('edit_models') && <Button size="small" onClick={() => onSegment(group.name, group.title)}>{say('toSegment')}</Button>}</td>
        </tr>
      ))}</tbody>
    </table></div>
  );
}
