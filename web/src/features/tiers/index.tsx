import { Button, Form, Select } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { TierScheme } from '../../shared/api/document';
import { DraftBar } from '../../shared/draft/DraftBar';
import { listed } from '../../shared/format/list';
import { useDraft } from '../../shared/draft/useDraft';
import { textOf } from '../../shared/i18n/language';
import { useLang, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { AskName, LevelTag, Title } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { useTierWords } from './words';

const start: TierScheme['levels'] = {
  member: { title: { zh: '普通会员', en: 'Member' } },
  silver: { title: { zh: '银卡会员', en: 'Silver' }, from: 40 },
  gold: { title: { zh: '金卡会员', en: 'Gold' }, from: 60 },
  black: { title: { zh: '黑金会员', en: 'Black' }, from: 80 },
};

export default function Tiers() {
  const say = useTierWords();
  const ui = useUi();
  const lang = useLang();
  const may = useMay();
  const navigate = useNavigate();
  const { query, document, set } = useDraft();
  const [asking, ask] = useState(false);
  const [by, setBy] = useState<string>();
  const schemes = document?.tiers ?? {};
  const cards = Object.entries(document?.scorecards ?? {});
  const titleOf = (name: string) => textOf(document?.scorecards?.[name]?.title ?? document?.indicators?.[name]?.title, name, lang);
  const open = (name: string) => void navigate({ to: '/tiers/$name', params: { name } });
  const add = (name: string) => {
    ask(false);
    set(['tiers', name], { title: { zh: '会员等级', en: 'Membership' }, by: by ?? cards[0]?.[0] ?? '', levels: start, decide: 'monthly' } satisfies TierScheme);
    open(name);
  };
  const button = may('edit_models') && document && <Button type="primary" onClick={() => (cards.length ? ask(true) : void navigate({ to: '/scorecards' }))}>{cards.length ? say('add') : say('needsCard')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={button}>
      <DraftBar />
      <Panel flush>
        <Loaded query={query} empty={() => document && Object.keys(schemes).length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{button}</Empty>}>
          {() => (
            <DataTable label={say('title')} rows={Object.entries(schemes)} rowKey={([name]) => name} onOpen={([name]) => open(name)} columns={[
              { key: 'title', title: ui('title'), cell: ([name, one]) => <button type="button" className="linkish" onClick={() => open(name)}><Title text={one.title} name={name} /></button> },
              { key: 'by', title: say('by'), cell: ([, one]) => (one.grid ? listed([one.grid.rows, one.grid.columns].map((axis) => textOf(axis.title, titleOf(axis.value), lang)), lang) : titleOf(one.by ?? '')) },
              { key: 'levels', title: say('level'), cell: ([, one]) => <span className="row">{Object.entries(one.levels).map(([name, level], index, all) => <LevelTag key={name} title={textOf(level.title, name, lang)} index={index} of={all.length} />)}</span> },
              { key: 'decide', title: say('decide'), cell: ([, one]) => say(one.decide ?? 'daily') },
            ]} />
          )}
        </Loaded>
      </Panel>
      <AskName open={asking} title={say('add')} taken={Object.keys(schemes)} onDone={add} onClose={() => ask(false)}>
        <Form.Item label={say('by')}><Select aria-label={say('by')} value={by ?? cards[0]?.[0]} onChange={setBy} options={cards.map(([value, card]) => ({ value, label: textOf(card.title, value, lang) }))} /></Form.Item>
      </AskName>
    </Page>
  );
}
