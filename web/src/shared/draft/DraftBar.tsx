import { DownOutlined, RedoOutlined, SaveOutlined, UndoOutlined } from '@ant-design/icons';
import { App, Button, Modal, Popover, Space, Tooltip } from 'antd';
import { useBlocker, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { ApiError } from '../api/error';
import type { Finding } from '../api/contract';
import { words } from '../i18n/words';
import type { Read } from '../api/hooks';
import { useMay } from '../session';
import { Findings } from '../ui/parts';
import { Conflict } from './Conflict';
import { draft } from './store';
import { useChecking, useDraft, useSaveDraft } from './useDraft';

type Draft = Read<'/model/draft'>;

const useWords = words('draft', {
  draft: ['草稿', 'Draft'],
  onVersion: ['在版本 {{n}} 之上', 'on top of version {{n}}'],
  clean: ['没有未保存的修改', 'No unsaved changes'],
  unsaved: ['有未保存的修改', 'Unsaved changes'],
  undo: ['撤销 (Ctrl+Z)', 'Undo (Ctrl+Z)'],
  redo: ['重做 (Ctrl+Y)', 'Redo (Ctrl+Y)'],
  save: ['保存草稿', 'Save draft'],
  saved: ['草稿已保存，尚未影响任何客户', 'Draft saved; no customer is affected yet'],
  toPublish: ['试算与发布', 'Simulate and publish'],
  errors: ['{{n}} 处错误', 'Errors: {{n}}'],
  warnings: ['{{n}} 处提醒', 'Warnings: {{n}}'],
  showAll: ['看是哪些', 'show them'],
  readOnly: ['您可以查看，但不能修改模型', 'You may look at the model but not change it'],
});

/** On every screen that edits the model: what is unsaved, undo, save, and where to go next. */
export function DraftBar() {
  const say = useWords();
  const { message } = App.useApp();
  const [other, setOther] = useState<Draft | null>(null);
  const { document, changed, canUndo, canRedo, findings, query } = useDraft();
  const { save, isPending } = useSaveDraft();
  const may = useMay();
  const navigate = useNavigate();
  useChecking();
  useBlocker({ shouldBlockFn: () => false, enableBeforeUnload: () => draft.get().document !== draft.get().saved });

  const keep = async () => {
    try {
      await save();
      void message.success(say('saved'));
    } catch (error) {
      const problem = error as ApiError;
      if (problem.status === 412) {
        const fresh = (await query.refetch()).data;
        if (fresh) setOther(fresh);
      } else void message.error(problem.message);
    }
  };
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey)) return;
      const typing = (event.target as HTMLElement).closest?.('input,textarea,[contenteditable="true"]');
      const key = event.key.toLowerCase();
      if (key === 's') {
        event.preventDefault();
        if (draft.get().document !== draft.get().saved) void keep();
      } else if (!typing && key === 'z') {
        event.preventDefault();
        if (event.shiftKey) draft.redo();
        else draft.undo();
      } else if (!typing && key === 'y') {
        event.preventDefault();
        draft.redo();
      }
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  });
  if (!may('edit_models')) return <div className="draft-bar">{say('readOnly')}</div>;
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const warnings = findings.filter((finding) => finding.severity === 'warning').length;
  return (
    <div className="draft-bar" role="toolbar" aria-label={say('draft')}>
      <span className={changed ? 'tag warn' : 'tag'}>{say('draft')}</span>
      <span className="faint">{query.data?.base_version ? say('onVersion', { n: query.data.base_version }) : null}</span>
      <span role="status">{!document ? '' : changed ? say('unsaved') : say('clean')}</span>
      {errors > 0 && <Told findings={findings.filter((finding) => finding.severity === 'error')} tone="bad" label={say('errors', { n: errors })} />}
      {warnings > 0 && <Told findings={findings.filter((finding) => finding.severity === 'warning')} tone="warn" label={say('warnings', { n: warnings })} />}
      <Space className="draft-actions" size={6}>
        <Tooltip title={say('undo')}><Button size="small" aria-label={say('undo')} icon={<UndoOutlined />} disabled={!canUndo} onClick={() => draft.undo()} /></Tooltip>
        <Tooltip title={say('redo')}><Button size="small" aria-label={say('redo')} icon={<RedoOutlined />} disabled={!canRedo} onClick={() => draft.redo()} /></Tooltip>
        <Button size="small" type="primary" icon={<SaveOutlined />} disabled={!changed} loading={isPending} onClick={() => void keep()}>{say('save')}</Button>
        <Button size="small" onClick={() => void navigate({ to: '/publish' })}>{say('toPublish')}</Button>
      </Space>
      {other && document && <Conflict base={draft.get().saved ?? document} mine={document} theirs={other.document} onClose={() => setOther(null)}
        onLoad={() => { draft.load(other.document, other.revision, other.base_version ?? null, other.findings); setOther(null); }}
        onMerge={(joined) => { draft.join(other.document, other.revision, other.base_version ?? null, other.findings, joined); setOther(null); }} />}
    </div>
  );
}

/** How much is wrong; pressed, what it is and where it stands, on whichever screen that is. */
function Told({ findings, tone, label }: { findings: Finding[]; tone: 'bad' | 'warn'; label: string }) {
  const say = useWords();
  return (
    <Popover trigger="click" placement="bottomLeft" content={<div className="told"><Findings findings={findings} limit={20} /></div>}>
      <button type="button" className={`tag tag-open ${tone}`} aria-label={`${label}: ${say('showAll')}`}>{label} <DownOutlined aria-hidden /></button>
    </Popover>
  );
}

/** Asks before the draft is thrown away. */
export function DiscardDraft({ open, title, text, ok, cancel, onOk, onClose }: { open: boolean; title: string; text: string; ok: string; cancel: string; onOk: () => void; onClose: () => void }) {
  return <Modal open={open} title={title} okText={ok} cancelText={cancel} okButtonProps={{ danger: true }} onOk={onOk} onCancel={onClose}>{text}</Modal>;
}
