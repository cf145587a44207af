import type { ModelDocument } from '../../shared/api/document';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { RuleList } from '../../shared/rules/RuleList';
import { useFormat } from '../../shared/session';
import type { Table } from './cells';
import { useTableWords } from './words';

/** A table to begin with: the first indicator as its condition, and one row. */
function beginning(document: ModelDocument): Table {
  const first = Object.keys(document.indicators ?? {})[0];
  return { hit: 'first', inputs: first ? { [first]: {} } : {}, outputs: { result: {} }, rows: [{ when: first ? ['-'] : [], then: [null] }] };
}

export default function Tables() {
  const say = useTableWords();
  const format = useFormat();
  const titles = (document: ModelDocument, columns: Record<string, { title?: Table['title'] }> | undefined) => listed(Object.entries(columns ?? {}).map(([key, one]) => textOf(one.title, textOf(document.indicators?.[key]?.title, key === 'result' ? say('result') : key, format.lang), format.lang)), format.lang);
  return (
    <RuleList section="decision_tables" say={say} to="/tables/$name" begin={beginning} files columns={(document) => [
      { key: 'in', title: say('inputs'), cell: ([, one]) => titles(document, one.inputs) },
      { key: 'out', title: say('outputs'), cell: ([, one]) => titles(document, one.outputs) },
      { key: 'hit', title: say('hit'), cell: ([, one]) => say(one.hit ?? 'unique') },
      { key: 'rows', title: say('number'), align: 'right', cell: ([, one]) => format.count(one.rows.length) },
    ]} />
  );
}
