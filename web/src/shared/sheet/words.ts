import { words } from '../i18n/words';

export const useSheetWords = words('sheet', {
  number: ['行', 'Row'],
  people: ['命中', 'Hits'],
  peopleHint: ['有多少位客户落到这一行', 'How many customers this row decides for'],
  cell: ['{{column}}，第 {{row}} 行', '{{column}}, row {{row}}'],
  pasted: ['已粘贴 {{rows}} 行 × {{columns}} 列', 'Pasted {{rows}} rows by {{columns}} columns'],
  ragged: ['粘贴的内容里有 {{n}} 行比最宽的一行少格：第 {{rows}} 行。缺的格子没有改动，新加的行里为空。', 'Of what was pasted, rows with fewer cells than the widest: {{n}} (row {{rows}}). The cells they lack were left as they were, and are empty in new rows.'], show: ['去看下一行', 'Show the next'], fine: ['知道了', 'All right'],
  tooMany: ['一张表最多 {{n}} 行，多出的没有粘贴', 'A table has {{n}} rows at most; the rest was not pasted'],
  fires: ['试算的客户落在这里', 'The customer who is tried out comes here'],
  help: ['方向键移动，Enter 或直接输入来修改，Shift 选一片，Ctrl+C、Ctrl+V 复制粘贴，Ctrl+D 向下填充，Delete 清空。', 'Arrows move, Enter or typing changes a cell, Shift chooses an area, Ctrl+C and Ctrl+V copy and paste, Ctrl+D fills down, Delete clears.'],
});
