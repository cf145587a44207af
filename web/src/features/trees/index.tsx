import { listed } from '../../shared/format/list';
import { RuleList } from '../../shared/rules/RuleList';
import { useFormat } from '../../shared/session';
import { outcomeText } from '../../shared/sheet/notation';
import { beginning, rulesOf } from './nodes';
import { useTreeWords } from './words';

export default function Trees() {
  const say = useTreeWords();
  const format = useFormat();
  return (
    <RuleList section="decision_trees" say={say} to="/trees/$name" begin={(document) => beginning(Object.keys(document.indicators ?? {})[0])} columns={() => [
      { key: 'gives', title: say('gives'), cell: ([, one]) => listed([...new Set(rulesOf(one).map((rule) => outcomeText(rule.gives)).filter(Boolean))].slice(0, 6), format.lang) },
      { key: 'leaves', title: say('leaves'), align: 'right', cell: ([, one]) => format.count(rulesOf(one).length) },
      { key: 'depth', title: say('depth'), align: 'right', cell: ([, one]) => format.count(Math.max(0, ...rulesOf(one).map((rule) => rule.way.length))) },
    ]} />
  );
}
