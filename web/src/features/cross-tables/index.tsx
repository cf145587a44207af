import type { CrossAxis, ModelDocument } from '../../shared/api/document';
import { listed } from '../../shared/format/list';
import { textOf } from '../../shared/i18n/language';
import { RuleList } from '../../shared/rules/RuleList';
import { useFormat } from '../../shared/session';
import { beginning } from './cross';
import { useCrossWords } from './words';

export default function CrossTables() {
  const say = useCrossWords();
  const format = useFormat();
  const titles = (document: ModelDocument, axis: CrossAxis) => listed(Object.entries(axis.inputs).map(([key, one]) => textOf(one?.title, textOf(document.indicators?.[one?.value ?? key]?.title, key, format.lang), format.lang)), format.lang);
  return (
    <RuleList section="cross_tables" say={say} to="/cross-tables/$name" begin={(document) => beginning(Object.keys(document.indicators ?? {}))} columns={(document) => [
      { key: 'rows', title: say('rows'), cell: ([, one]) => titles(document, one.rows) },
      { key: 'columns', title: say('columns'), cell: ([, one]) => titles(document, one.columns) },
      { key: 'cells', title: say('cells'), align: 'right', cell: ([, one]) => format.count(one.rows.bands.length * one.columns.bands.length) },
    ]} />
  );
}
