import { Button, Modal, Radio } from 'antd';
import { useState } from 'react';
import type { ModelDocument } from '../api/document';
import { textOf } from '../i18n/language';
import { words } from '../i18n/words';
import { useLang } from '../session';
import { differences, merged, type Side } from './merge';
import { get, type Path } from './path';

const useWords = words('conflict', {
  title: ['别人在此期间改过草稿', 'Somebody else changed the draft meanwhile'],
  text: ['您与对方改了不同的地方，可以合在一起；合并后仍是未保存的修改，可以撤销。', 'What you changed and what they changed is put together. It stays an unsaved change that you can undo.'],
  both: ['双方都改了同一处：请选择（{{n}}）', 'Both changed the same thing: choose ({{n}})'],
  one: ['只有一方改过（{{n}}）', 'Changed by one of you ({{n}})'],
  where: ['位置', 'Where'], before: ['原来', 'Before'], mine: ['我的', 'Mine'], theirs: ['对方的', 'Theirs'],
  merge: ['合并并继续编辑', 'Put together and go on'],
  load: ['放弃我的，载入对方的', 'Give mine up and load theirs'],
  keep: ['暂不', 'Not now'],
  nothing: ['没有', 'nothing'],
  next: ['接下来买什么', 'What they buy next'],
});

interface Props { base: ModelDocument; mine: ModelDocument; theirs: ModelDocument; onMerge: (document: ModelDocument) => void; onLoad: () => void; onClose: () => void }

/** What was read, what is here now, what the server holds now: side by side, and one of them out of all. */
export function Conflict({ base, mine, theirs, onMerge, onLoad, onClose }: Props) {
  const say = useWords();
  const lang = useLang();
  const [chosen, choose] = useState<Record<string, Side>>({});
  const all = differences(base, mine, theirs);
  const key = (path: Path) => JSON.stringify(path);
  const side = (path: Path): Side => chosen[key(path)] ?? 'mine';
  const both = all.filter((one) => one.by === 'both');
  const single = all.filter((one) => one.by !== 'both');
  // The nearest thing with a title says where it is in words.
  const titled = (path: Path) => {
    if (path[0] === 'next') return say('next');
    for (let n = path.length; n > 1; n -= 1) {
      const found = (get(mine, path.slice(0, n)) ?? get(theirs, path.slice(0, n))) as { title?: never } | undefined;
      if (found && typeof found === 'object' && found.title) return textOf(found.title, '', lang);
    }
    return '';
  };
  const shown = (value: unknown) => {
    if (value === undefined) return <span className="faint">{say('nothing')}</span>;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return <code title={text}>{text.length > 60 ? `${text.slice(0, 59)}…` : text}</code>;
  };
  const head = (last: string) => <thead><tr><th scope="col">{say('where')}</th><th scope="col">{say('before')}</th><th scope="col">{say('mine')}</th><th scope="col">{say('theirs')}</th>{last && <th scope="col">{last}</th>}</tr></thead>;
  const place = (path: Path) => <th scope="row">{titled(path)} <code className="faint small">{path.join('.')}</code></th>;
  return (
    <Modal open width={860} title={say('title')} onCancel={onClose} footer={[
      <Button key="keep" onClick={onClose}>{say('keep')}</Button>,
      <Button key="load" danger onClick={onLoad}>{say('load')}</Button>,
      <Button key="merge" type="primary" onClick={() => onMerge(merged(base, mine, theirs, side) as ModelDocument)}>{say('merge')}</Button>,
    ]}>
      <div className="stack">
        <p>{say('text')}</p>
        {both.length > 0 && <section><h3>{say('both', { n: both.length })}</h3><div className="table-box"><table className="table small">{head('')}<tbody>{both.map((one) => (
          <tr key={key(one.path)}>{place(one.path)}<td>{shown(one.base)}</td>
            <td colSpan={2}><Radio.Group aria-label={one.path.join('.')} value={side(one.path)} onChange={(event) => choose({ ...chosen, [key(one.path)]: event.target.value as Side })}>
              <Radio value="mine">{say('mine')} {shown(one.mine)}</Radio><Radio value="theirs">{say('theirs')} {shown(one.theirs)}</Radio>
            </Radio.Group></td></tr>
        ))}</tbody></table></div></section>}
        {single.length > 0 && <section><h3>{say('one', { n: single.length })}</h3><div className="table-box" style={{ maxHeight: 260 }} tabIndex={0}><table className="table small">{head('')}<tbody>{single.map((one) => (
          <tr key={key(one.path)}>{place(one.path)}<td>{shown(one.base)}</td><td className={one.by === 'mine' ? 'strong' : 'faint'}>{one.by === 'mine' ? shown(one.mine) : ''}</td><td className={one.by === 'theirs' ? 'strong' : 'faint'}>{one.by === 'theirs' ? shown(one.theirs) : ''}</td></tr>
        ))}</tbody></table></div></section>}
      </div>
    </Modal>
  );
}
