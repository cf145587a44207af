import { DeleteOutlined, SaveOutlined } from '@ant-design/icons';
import { App, Button, Popover } from 'antd';
import { useState } from 'react';
import { isThere, useRead, useSend } from '../api/hooks';
import { words } from '../i18n/words';
import { useMay, useSession } from '../session';
import { AskName } from './parts';

const useWords = words('views', {
  views: ['保存的视图', 'Saved views'],
  save: ['保存当前视图', 'Save this view'],
  saved: ['视图已保存', 'View saved'],
  none: ['还没有保存的视图', 'No view has been saved yet'],
  remove: ['删除视图“{{name}}”', 'Remove the view “{{name}}”'],
  removed: ['已删除视图“{{name}}”', 'The view “{{name}}” was removed'],
  undo: ['撤销', 'Undo'],
  back: ['视图“{{name}}”已恢复', 'The view “{{name}}” is back'],
});

/** What was saved of one kind of screen: opened, saved, removed, and brought back. */
export function SavedViews({ kind, content, onOpen }: { kind: string; content: Record<string, unknown>; onOpen: (content: Record<string, unknown>) => void }) {
  const say = useWords();
  const may = useMay();
  const me = useSession()?.user.id;
  const { message } = App.useApp();
  const [open, show] = useState(false);
  const [naming, name] = useState(false);
  const views = useRead('/views', {}, { enabled: isThere('get', '/views') }).data?.items.filter((one) => one.kind === kind) ?? [];
  const fails = (error: Error) => void message.error(error.message);
  const save = useSend('post', '/views', { renews: ['/views'], onDone: () => void message.success(say('saved')) });
  const restore = useSend('post', '/views/{id}/restore', { renews: ['/views'], onDone: (view) => void message.success(say('back', { name: view.name })) });
  const remove = useSend('delete', '/views/{id}', { renews: ['/views'] });
  const take = (id: string, title: string) => remove.mutate({ path: { id } }, {
    onError: fails,
    onSuccess: () => {
      const undo = () => { message.destroy(id); restore.mutate({ path: { id } }, { onError: fails }); };
      void message.open({ key: id, type: 'info', duration: 10, content: <>{say('removed', { name: title })} <Button type="link" size="small" onClick={undo}>{say('undo')}</Button></> });
    },
  });
  if (!isThere('post', '/views')) return null;
  const list = (
    <div className="stack saved-views">
      {views.length === 0 && <span className="faint">{say('none')}</span>}
      {views.length > 0 && <ul className="plain-views">{views.map((one) => (
        <li key={one.id} className="spread">
          <Button type="text" size="small" onClick={() => { show(false); onOpen(one.content); }}>{one.name}</Button>
          {(one.by === me || may('manage_system')) && <Button type="text" size="small" aria-label={say('remove', { name: one.name })} title={say('remove', { name: one.name })} icon={<DeleteOutlined />} onClick={() => take(one.id, one.name)} />}
        </li>
      ))}</ul>}
      <Button size="small" onClick={() => { show(false); name(true); }}>{say('save')}</Button>
    </div>
  );
  return (
    <>
      <Popover trigger="click" placement="bottomRight" open={open} onOpenChange={show} content={list}><Button icon={<SaveOutlined />} aria-expanded={open}>{say('views')}</Button></Popover>
      <AskName open={naming} title={say('save')} taken={views.map((one) => one.name)} onClose={() => name(false)} onDone={(own) => { name(false); save.mutate({ body: { kind, name: own, content } }, { onError: fails }); }} />
    </>
  );
}
