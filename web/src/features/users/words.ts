import { words } from '../../shared/i18n/words';

export const useUserWords = words('users', {
  title: ['用户与权限', 'Users and roles'],
  lead: ['角色决定能做什么，数据范围决定看得到谁。', 'A role says what somebody may do, the data scope whom they may see.'],
  users: ['用户', 'Users'], roles: ['角色', 'Roles'], keys: ['接口密钥', 'API keys'],
  add: ['添加用户', 'Add a user'], name: ['姓名', 'Name'], email: ['邮箱', 'E-mail'], role: ['角色', 'Role'], scope: ['数据范围', 'Data scope'], seen: ['最近使用', 'Last seen'], invited: ['待设密码', 'has no password yet'], begun: ['登录于', 'Signed in'], state: ['状态', 'State'],
  everyone: ['所有客户', 'everybody'], segment: ['分群：{{name}}', 'segment: {{name}}'], segmentOnly: ['一个分群', 'one segment'], owned: ['本人负责的客户', 'customers they own'],
  active: ['可登录', 'may sign in'], disabled: ['已停用', 'disabled'], disable: ['停用', 'Disable'], enable: ['恢复', 'Enable'],
  disableTitle: ['停用 {{name}}？', 'Disable {{name}}?'], disableText: ['其所有会话立即失效；可随时恢复。', 'All sessions end at once; it can be enabled again.'],
  reset: ['重置密码', 'Reset the password'], code: ['一次性代码', 'One-time code'], codeText: ['请当面或电话告知对方：在登录页选择“设置密码”，输入这个代码。只显示这一次。', 'Tell it in person or by phone: on the sign-in page they choose “Set a password” and type it. It is shown this once.'],
  edit: ['修改', 'Change'], permission: ['权限', 'Permission'], required: ['请填写', 'Please fill this in'],
  keysLead: ['给程序使用。只显示一次，请立即保存。', 'For programs. Shown once; keep it at once.'],
  addKey: ['新建密钥', 'New key'], reference: ['接口文档', 'API reference'], keyName: ['用途', 'What for'], scopes: ['允许', 'Allows'], expires: ['到期', 'Expires'], never: ['不过期', 'never'], created: ['创建', 'Created'], used: ['最近使用', 'Last used'], revoke: ['撤销', 'Revoke'],
  revokeTitle: ['撤销密钥“{{name}}”？', 'Revoke the key “{{name}}”?'], revokeText: ['使用它的程序会立即失去访问权，不能恢复。', 'Programs that use it lose access at once; this cannot be undone.'], newKey: ['新密钥', 'The new key'], noKeys: ['还没有接口密钥', 'No API key yet'], noKeysText: ['别的程序（收银、小程序、数据仓库）要读等级或送来数据时，给它一个密钥：只许做必要的事，最好只许来自它的网络，并写上到期日。', 'Where another program (tills, an app, a warehouse) reads tiers or sends data, give it a key: for what it needs only, best from its own networks, and with an end.'],
  me: ['我的账户', 'My account'], password: ['修改密码', 'Change the password'], old: ['现在的密码', 'Present password'], next: ['新密码（至少 10 个字符）', 'New password (at least 10 characters)'], change: ['修改密码', 'Change it'], changed: ['密码已修改', 'Password changed'],
  totp: ['两步验证', 'Second factor'], totpText: ['用身份验证器扫描二维码（或手工输入旁边的密钥），再输入它显示的 6 位数字。', 'Scan the picture with an authenticator, or type the secret beside it; then type the six digits it shows.'], totpPicture: ['验证器二维码', 'Picture for the authenticator'], totpWhy: ['登录时除密码外再输入手机验证器上的 6 位数字；密码泄露，别人也进不来。', 'Signing in then wants six digits from an authenticator beside the password, so a stolen password is not enough.'], totpStart: ['开启两步验证', 'Turn on'], totpOn: ['已开启', 'on'], totpCode: ['6 位数字', 'Six digits'], confirm: ['确认', 'Confirm'], totpOff: ['关闭两步验证', 'Turn off'], totpOffCode: ['6 位数字，或一个恢复码', 'Six digits, or a recovery code'],
  recovery: ['请保存这 10 个恢复码', 'Keep these ten recovery codes'], recoveryText: ['验证器丢失时，每个恢复码可代替 6 位数字登录一次。只显示这一次。', 'Where the authenticator is lost each of them opens the door once instead of the six digits. They are shown this once.'], recoverySave: ['下载为文件', 'Save as a file'], recoveryKept: ['已保存', 'I have kept them'],
  more: ['更多', 'More'], factor: ['两步验证', 'Second factor'], forget: ['取消对方的两步验证', 'Forget their second factor'], forgetTitle: ['取消 {{name}} 的两步验证？', 'Forget the second factor of {{name}}?'], forgetText: ['仅在对方丢失验证器与恢复码时使用：请先当面或电话核实身份。之后登录只需密码，请提醒对方重新开启。', 'Only where authenticator and recovery codes are lost: make sure in person or by phone who asks. From then on their password is enough; have them set it up anew.'],
  endAll: ['结束其所有会话', 'Sign them out everywhere'], endAllTitle: ['结束 {{name}} 的所有会话？', 'Sign {{name}} out everywhere?'], endAllText: ['对方须重新登录；没有保存的修改会丢失。', 'They have to sign in again; what they did not save is lost.'], didIt: ['已完成', 'Done'],
  mustTitle: ['请先开启两步验证', 'Set up your second factor first'], mustText: ['管理员要求您的账户使用两步验证。设置只需一两分钟，完成后即可继续。', 'An administrator demands a second factor of your account. It takes a minute or two; then you go on.'], signOut: ['退出登录', 'Sign out'],
  networks: ['允许的网络', 'Networks'], networksHelp: ['只接受来自这些网络的请求，例如 203.0.113.0/24、2001:db8::/32；留空则不限。', 'Requests are taken from these networks only, such as 203.0.113.0/24 or 2001:db8::/32; from everywhere if empty.'], everywhere: ['不限', 'everywhere'], changeKey: ['修改密钥', 'Change the key'], expired: ['已过期', 'expired'], revoked: ['已撤销', 'revoked'],
  sessions: ['登录的会话', 'Sessions'], current: ['当前', 'this one'], end: ['结束', 'End'],
});
