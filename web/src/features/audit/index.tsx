import { App, Button, Input } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AuditEntry } from '../../shared/api/contract';
import { read, useMore } from '../../shared/api/hooks';
import { words } from '../../shared/i18n/words';
import { usePeople } from '../../shared/catalogue';
import { useFormat, useMay } from '../../shared/session';
import { downloadCsv } from '../../shared/ui/download';
import { Page, Panel } from '../../shared/ui/page';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { Told, useDetail } from './detail';

const useWords = words('audit', {
  title: ['审计', 'Audit'],
  lead: ['人的每一次写入都在这里。记录以哈希相连，被改动会显现。', 'Every write by a person is here. Entries are chained by hash, so tampering shows.'],
  verify: ['核对是否被改动', 'Check for tampering'],
  intact: ['{{n}} 条记录完整，未被改动', 'All {{n}} entries are as they were written'],
  broken: ['第 {{n}} 条起被改动！', 'Tampered with from entry {{n}} on!'],
  number: ['编号', 'No.'], at: ['时间', 'When'], who: ['谁', 'Who'], action: ['做了什么', 'Did what'], what: ['对什么', 'To what'], detail: ['详情', 'Detail'], hash: ['哈希', 'Hash'],
  filter: ['在已载入的记录中筛选', 'Filter what is loaded'],
  empty: ['还没有记录', 'No entries yet'],
  account_set_up: ['建立首位管理员', 'made the first administrator'], account_create: ['新建用户', 'made a user'], account_update: ['修改用户', 'changed a user'], account_reset_password: ['生成密码代码', 'made a code for a password'], account_password: ['设置密码', 'set a password'], account_entry_link: ['生成登录链接', 'made a sign-in link'], account_link: ['绑定公司账户', 'tied the company’s account to a user'],
  session_begin: ['登录', 'signed in'], session_link: ['用链接登录', 'used a sign-in link'], session_refused: ['登录被拒', 'was refused'], key_create: ['新建密钥', 'made a key'], key_revoke: ['撤销密钥', 'revoked a key'], key_update: ['修改密钥', 'changed a key'], key_refused: ['密钥从不允许的网络使用，被拒', 'a key was refused: wrong network'],
  session_proved: ['再次确认本人身份', 'showed again who they are'], session_not_proved: ['再次确认身份失败', 'failed to show who they are'], setting_second_factor: ['修改两步验证要求', 'changed of whom a second factor is demanded'], setting_presence: ['修改再次确认的间隔', 'changed how long a proof lasts'],
  draft_drop: ['放弃草稿', 'discarded the draft'], version_submit: ['提交版本', 'submitted a version'], version_approve: ['批准版本', 'approved a version'], version_reject: ['驳回版本', 'rejected a version'], version_publish: ['发布版本', 'published a version'], version_withdraw: ['撤回发布', 'withdrew a publication'],
  account_totp_on: ['开启两步验证', 'turned the second factor on'], account_totp_off: ['关闭两步验证', 'turned the second factor off'],
  import_start: ['开始导入', 'began an import'], import_undo: ['撤销导入', 'undid an import'], run_start: ['开始评级', 'began a grading'], simulate_start: ['开始试算', 'began a simulation'], source_write: ['修改数据源', 'changed a source'],
  quarantine_see: ['查看隔离行', 'saw quarantined rows'], quarantine_export: ['导出隔离行', 'took quarantined rows away'], quarantine_replay: ['重新导入隔离行', 'replayed quarantined rows'],
  customer_note: ['写备注', 'wrote a note'], customer_owner: ['修改负责人', 'changed the owner'], identity_link: ['合并身份', 'linked identities'], identity_unlink: ['拆分身份', 'unlinked identities'], identity_doubles: ['查找疑似重复客户', 'looked for doubles'], identity_verdict: ['判断疑似重复客户', 'decided about a possible double'],
  override_ask: ['申请人工调整', 'asked for an override'], override_approve: ['批准人工调整', 'approved an override'], override_reject: ['驳回人工调整', 'rejected an override'], override_end: ['结束人工调整', 'ended an override'],
  backtest_start: ['开始回测', 'began a back-test'], review_start: ['开始季度复盘', 'began a quarterly review'], version_validated: ['回测了版本', 'back-tested a version'],
  challenger_set: ['设置挑战者', 'set the challenger'], holdout_begin: ['开始分级对照', 'began a hold-out'], holdout_end: ['结束分级对照', 'ended a hold-out'],
  export_start: ['导出客户', 'took customers away'], workspace_backup: ['备份工作区', 'backed the workspace up'],
  vault_reveal: ['查看客户身份明文', 'saw identifiers in clear'], vault_rekey: ['更换主密钥', 'changed the master key'], setting_four_eyes: ['修改四眼设置', 'changed the four-eyes setting'],
  industry_set_up: ['以行业样例开始', 'began with an industry'], industry_start_over: ['清空样例数据', 'took the sample data away'],
});

const ACTIONS = ['account.set_up', 'account.create', 'account.update', 'account.reset_password', 'account.password', 'account.entry_link', 'account.link', 'session.begin', 'session.link', 'session.refused', 'key.create', 'key.revoke', 'key.update', 'key.refused', 'session.proved', 'session.not_proved', 'setting.second_factor', 'setting.presence', 'identity.doubles', 'identity.verdict', 'draft.drop', 'version.submit', 'version.approve', 'version.reject', 'version.publish', 'version.withdraw', 'export.start', 'workspace.backup', 'vault.reveal', 'vault.rekey', 'setting.four_eyes', 'industry.set_up', 'industry.start_over', 'account.totp_on', 'account.totp_off', 'import.start', 'import.undo', 'run.start', 'simulate.start', 'source.write', 'quarantine.see', 'quarantine.export', 'quarantine.replay', 'customer.note', 'customer.owner', 'identity.link', 'identity.unlink', 'override.ask', 'override.approve', 'override.reject', 'override.end', 'backtest.start', 'review.start', 'version.validated', 'challenger.set', 'holdout.begin', 'holdout.end'];

export default function Audit() {
  const say = useWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const client = useQueryClient();
  const { modal } = App.useApp();
  const who = usePeople();
  const detail = useDetail();
  const [text, setText] = useState('');
  const actionOf = (action: string) => (ACTIONS.includes(action) ? say(action.replace('.', '_') as 'account_create') : action);
  const [busy, setBusy] = useState(false);
  const query = useMore<AuditEntry>(['/audit'], (cursor, signal) => read('/audit', { query: { order: 'newest', limit: 100, cursor: cursor === undefined ? undefined : Number(cursor) } }, signal));
  const verify = async () => {
    setBusy(true);
    try {
      const result = await client.fetchQuery({ queryKey: ['/audit/verify'], queryFn: () => read('/audit/verify'), staleTime: 0 });
      if (result.intact) modal.success({ title: say('intact', { n: format.count(result.entries) }), okText: ui('close') });
      else modal.error({ title: say('broken', { n: result.tampered_at ?? '?' }), okText: ui('close') });
    } catch (error) {
      modal.error({ title: (error as Error).message, okText: ui('close') });
    } finally {
      setBusy(false);
    }
  };
  const flat = (one: AuditEntry) => detail(one).map(([key, value]) => `${key}: ${value}`).join(' · ');
  const shown = (query.data?.items ?? []).filter((one) => !text || `${who(one.actor)} ${one.action} ${actionOf(one.action)} ${one.subject} ${flat(one)}`.toLowerCase().includes(text.toLowerCase()));
  return (
    <Page title={say('title')} lead={say('lead')} actions={may('see_audit') && <>
      <Input.Search allowClear aria-label={say('filter')} placeholder={say('filter')} style={{ width: 220 }} onChange={(event) => setText(event.target.value)} />
      <Button onClick={() => downloadCsv('audit', [say('number'), say('at'), say('who'), say('action'), say('what'), say('detail'), say('hash')], shown.map((one) => [one.number, one.at, who(one.actor), one.action, one.subject, flat(one), one.hash]))}>{ui('csv')}</Button>
      <Button type="primary" loading={busy} onClick={() => void verify()}>{say('verify')}</Button>
    </>}>
      <Panel flush>
        <Loaded query={query} empty={(data) => data.items.length === 0 && <Empty title={say('empty')} />}>
          {(data) => <DataTable label={say('title')} rows={shown} rowKey={(one) => String(one.number)} total={text ? null : data.total} more={{ has: query.hasNextPage, busy: query.isFetchingNextPage, load: () => void query.fetchNextPage() }} columns={[
            { key: 'n', title: say('number'), align: 'right', width: 70, cell: (one) => one.number },
            { key: 'at', title: say('at'), cell: (one) => <span className="nowrap">{format.minute(one.at)}</span> },
            { key: 'who', title: say('who'), cell: (one) => <span className="nowrap">{who(one.actor)}</span> },
            { key: 'action', title: say('action'), cell: (one) => <span className="nowrap" title={one.action}>{actionOf(one.action)}</span> },
            { key: 'what', title: say('what'), cell: (one) => (one.action.startsWith('session.') ? '' : <Told text={who(one.subject)} />) },
            { key: 'detail', title: say('detail'), cell: (one) => <span className="faint small wrap">{detail(one).map(([key, value], index) => <span key={key}>{index > 0 && ' · '}{key}: <Told text={value} /></span>)}</span> },
          ]} />}
        </Loaded>
      </Panel>
    </Page>
  );
}
