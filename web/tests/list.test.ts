// An uploaded list becomes a source: whatever columns and lists are called, the document stays one expression each.
import { expect, it } from 'vitest';
import { listSource, sourceName } from '../src/features/segments/list';

it('quotes columns and names', () => {
  const source = listSource("O'Brien's", '会员 "号"', 'phone', '2011-12-10 00:00') as { mapping: Record<string, unknown>; fields: Record<string, { value: string }> };
  expect(source.mapping).toEqual({ identity: [{ kind: 'phone', value: '"会员 ""号"""' }], kind: "'list'", time: "TIMESTAMP '2011-12-10 00:00:00'" });
  expect(source.fields.list!.value).toBe("'O''Brien''s'");
});

it('names the source with what a file may be called', () => {
  expect(sourceName('重点客户 2026/春')).toBe('list_重点客户_2026_春');
  expect(sourceName('x'.repeat(90))).toHaveLength(64);
});
