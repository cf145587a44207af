import { App, Button, Input, Modal } from 'antd';
import { useState } from 'react';
import type { Version } from '../../shared/api/contract';
import { useRead, useSend } from '../../shared/api/hooks';
import { useFormat, useMay } from '../../shared/session';
import { Loaded } from '../../shared/ui/states';
import { useUi } from '../../shared/ui/words';
import { Changes } from './Changes';
import { VersionEffect } from './VersionEffect';
import { useVersionWords } from './words';

const RENEWS = ['/model', '/runs', '/jobs'];

/** What can be done about when a version holds: take back a date that is to come, or go back to what held before. */
export function Publications({ version, inForce }: { version: Version; inForce?: number }) {
  const say = useVersionWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const { modal, message } = App.useApp();
  const [asking, ask] = useState(false);
  const withdraw = useSend('delete', '/model/publications/{publication}', { renews: RENEWS, onDone: () => void message.success(say('withdrawn')) });
  if (!may('approve_models')) return null;
  const coming = version.publications.filter((one) => !one.withdrawn && Date.parse(one.effective_from) > Date.now());
  const confirm = (publication: number, at: string) => modal.confirm({
    title: say('withdrawTitle', { n: version.version }), content: say('withdrawText', { at: format.minute(at) }), okText: say('withdraw'), cancelText: ui('cancel'),
    onOk: () => withdraw.mutateAsync({ path: { publication } }).catch((error: Error) => void message.error(error.message)),
  });
  return (
    <>
      {coming.map((one) => <Button key={one.publication} size="small" onClick={() => confirm(one.publication, one.effective_from)}>{say('withdraw')}</Button>)}
      {version.state === 'retired' && inForce !== undefined && <Button size="small" onClick={() => ask(true)}>{say('rollBack')}</Button>}
      {asking && inForce !== undefined && <RollBack version={version.version} inForce={inForce} onClose={() => ask(false)} />}
    </>
  );
}

/** What it changes and whom it moves stands first; then the reason, which the audit log keeps. */
function RollBack({ version, inForce, onClose }: { version: number; inForce: number; onClose: () => void }) {
  const say = useVersionWords();
  const ui = useUi();
  const { message } = App.useApp();
  const [reason, setReason] = useState('');
  const diff = useRead('/model/diff', { query: { from: 'in_force', to: String(version) } });
  const send = useSend('post', '/model/versions/{version}/publish', { renews: RENEWS, onDone: () => { onClose(); void message.success(say('rolledBack', { n: version })); } });
  return (
    <Modal open width={640} title={say('rollBackTitle', { n: version })} okText={say('rollBack')} cancelText={ui('cancel')} okButtonProps={{ disabled: !reason.trim() }} confirmLoading={send.isPending} onCancel={onClose} onOk={() => send.mutate({ path: { version }, body: { reason: reason.trim() } })}>
      <div className="stack">
        <p>{say('rollBackText', { n: version, m: inForce })}</p>
        <Loaded query={diff} rows={2}>{({ changes }) => <Changes changes={changes} />}</Loaded>
        <VersionEffect version={version} />
        <Input aria-label={say('rollBackWhy')} placeholder={say('rollBackWhy')} value={reason} onChange={(event) => setReason(event.target.value)} />
        {send.error && <p className="bad" role="alert">{send.error.message}</p>}
      </div>
    </Modal>
  );
}
