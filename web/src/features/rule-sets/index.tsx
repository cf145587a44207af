import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import type { RuleSet } from '../../shared/api/document';
import { DraftBar } from '../../shared/draft/DraftBar';
import { namesOf } from '../../shared/draft/names';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { useLang, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { RuleSetEditor } from './RuleSetEditor';
import { useRuleSetWords } from './words';

export default function RuleSets() {
  const say = useRuleSetWords();
  const lang = useLang();
  const may = useMay();
  const { query, document, set } = useDraft();
  const [picked, pick] = useState<string | null>(null);
  const [asking, ask] = useState(false);
  const sets = document?.rule_sets ?? {};
  const name = picked !== null && picked in sets ? picked : Object.keys(sets)[0];
  const button = may('edit_models') && <Button type="primary" icon={<PlusOutlined />} onClick={() => ask(true)}>{say('add')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={button}>
      <DraftBar />
      <Loaded query={query} empty={() => document && Object.keys(sets).length === 0 && <Panel><Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty></Panel>}>
        {() => (
          <div className="cols">
            <Panel className="c3" flush><div className="list-pick">{Object.entries(sets).map(([key, one]) => <button type="button" key={key} aria-current={key === name} onClick={() => pick(key)}>{textOf(one.title, key, lang)}</button>)}</div></Panel>
            <div className="c9 stack">{name && <RuleSetEditor key={name} name={name} one={sets[name]!} put={(next) => set(['rule_sets', name], next)} />}</div>
          </div>
        )}
      </Loaded>
      <AskName open={asking} title={say('add')} taken={namesOf(document)} onClose={() => ask(false)} onDone={(next) => { ask(false); set(['rule_sets', next], { hit: 'first', rules: {} } satisfies RuleSet); pick(next); }} />
    </Page>
  );
}
