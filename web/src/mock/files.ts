import type * as C from '../shared/api/contract';

const imports: C.ImportSummary[] = [
  { number: 12, at: '2026-11-21T08:10:00Z', by: '林晓', state: 'done', files: ['orders_2025.csv'], source: 'orders', read: 58211, attributed: 57120, unattributed: 1077, quarantined: 14, new: 12011, known: 46186 },
  { number: 11, at: '2026-11-20T08:10:00Z', by: '林晓', state: 'done', files: ['survey.csv'], source: 'survey', read: 4011, attributed: 4011, unattributed: 0, quarantined: 0, new: 4011, known: 0 },
  { number: 10, at: '2026-11-19T08:10:00Z', by: '陈一', state: 'undone', files: ['orders_2024.csv'], source: 'orders', read: 101020, attributed: 99010, unattributed: 2010, quarantined: 0, new: 101020, known: 0 },
];
const preview: C.UploadPreview = {
  encoding: 'gb18030', delimiter: ',', has_header: true, sheets: [], columns: ['订单号', '手机号', '下单时间', '行类型', '品类', '商品名称', '数量', '金额', '状态', '门店'],
  rows: Array.from({ length: 20 }, (_, index) => [`D20250${1001 + index}`, '138****00' + (10 + index), `2025/0${1 + (index % 6)}/1${index % 9} 10:20`, index % 7 ? '商品' : '运费', ['沙发', '灯具', '床品', '餐具'][index % 4]!, ['云朵沙发', '暖光台灯', '长绒棉四件套', '白瓷碗'][index % 4]!, String(1 + (index % 3)), (199 + index * 13.5).toFixed(2), index % 9 ? '完成' : '退款', ['上海静安店', '杭州湖滨店', '线上'][index % 3]!]),
  n_bytes: 4_811_233, sources: [{ name: 'orders', title: { zh: '订单', en: 'Orders' }, fits: true }, { name: 'survey', title: { zh: '问卷', en: 'Survey' }, fits: false }], findings: [],
};
const source: C.SourceDocument = {
  gradus: 1, title: { zh: '订单', en: 'Orders' }, files: ['orders_*.csv'], history: true,
  mapping: { identity: [{ kind: 'phone', value: '手机号' }], kind: "case when 状态 = '退款' then 'refund' else 'order_line' end", time: '下单时间', order: '订单号', amount: '金额', quantity: '数量', line: { type: "case when 行类型 = '运费' then 'service' else 'product' end", spend: "状态 = '完成'" } },
  fields: { 品类: { type: 'text', value: '品类' }, 门店: { type: 'text', value: '门店' } }, cleaning: { dates: ['%Y/%m/%d %H:%M'] },
};
const quality: C.QualityField[] = [
  { column: '订单号', filled: 1, valid: 1, distinct: 20011 }, { column: '手机号', filled: 0.981, valid: 0.977 }, { column: '下单时间', filled: 1, valid: 0.9998, first: '2025-01-01', last: '2025-06-30' },
  { column: '金额', filled: 1, valid: 0.9999, outliers: 7 }, { column: '品类', filled: 0.962, valid: 0.962, distinct: 18 }, { column: '门店', filled: 0.74, valid: 0.74, distinct: 9 },
];
const counts = [{ kind: 'order_line', count: 55210, amount: '9702001.2000' }, { kind: 'refund', count: 2987, amount: '-311020.1000' }];
const events: C.EventLine[] = Array.from({ length: 24 }, (_, index) => ({ id: `e${index}`, time: `2025-0${6 - Math.floor(index / 5)}-${String(28 - (index % 5) * 5).padStart(2, '0')}T03:20:00Z`, kind: ['order_line', 'visit', 'order_line', 'feedback', 'order_line'][index % 5]!, order: index % 2 ? null : `D20250${1000 + index}`, amount: index % 2 ? null : (120 + index * 21).toFixed(2), quantity: index % 2 ? null : '1' }));

export const files = { imports, preview, source, quality, counts, events };
