import { Button } from 'antd';
import type { Finding } from '../api/contract';
import type { Scalar } from '../api/document';
import { Findings } from '../ui/parts';
import type { RuleLook } from './useRuleLook';
import { useRuleWords } from './words';

/** Findings where the rule stands; their counterexample can be tried out, and what it meets lights up. */
export function RuleFindings({ findings, look, path, limit, onShow }: { findings: Finding[]; look?: RuleLook; path?: string; limit?: number; onShow?: (path: string) => void }) {
  const say = useRuleWords();
  return (
    <Findings findings={findings} path={path ?? ''} limit={limit} action={(finding) => (
      <span className="row">
        {look?.there && finding.example_inputs && <Button size="small" onClick={() => look.setProbe({ inputs: finding.example_inputs as Record<string, Scalar> })}>{say('tryThis')}</Button>}
        {onShow && finding.path && <Button size="small" type="text" onClick={() => onShow(finding.path!)}>{say('show')}</Button>}
      </span>
    )} />
  );
}
