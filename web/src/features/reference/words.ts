import { words } from '../../shared/i18n/words';

export const useReferenceWords = words('reference', {
  title: ['接口文档', 'API reference'],
  lead: ['程序通过这些接口读写这里的一切；本页由服务器自己的 OpenAPI 文档生成，不需要联网。', 'Through these, programs read and write all that is here. This page is made of the server\'s own OpenAPI document and needs no internet.'],
  document: ['OpenAPI 文档', 'OpenAPI document'], toKeys: ['接口密钥', 'API keys'],
  conventions: ['约定', 'Conventions'],
  base: ['地址', 'Address'], baseText: ['下面的路径都接在它之后', 'every path below follows it'],
  key: ['密钥', 'Key'], keyText: ['权限不超过建立者本人；只显示一次', 'has no more rights than whoever made it, and is shown once'],
  language: ['语言', 'Language'], languageText: ['决定说明文字用中文还是英文', 'says whether texts come in Chinese or English'],
  paging: ['翻页', 'Paging'], pagingText: ['把回答里的 next_cursor 作为 cursor 送回，直到它为 null', 'send next_cursor back as cursor until it is null'],
  revision: ['同时修改', 'Two at one document'], revisionText: ['读取时得到 ETag，写入时作为 If-Match 送回；别人改过则回答 412', 'reading gives an ETag, writing sends it back as If-Match; if somebody changed it meanwhile, the answer is 412'],
  problems: ['出错', 'Problems'], problemsText: ['application/problem+json（RFC 9457）；code 的含义不变，errors 逐条说明位置与改法', 'application/problem+json (RFC 9457); code never changes its meaning, errors say where and what would be right'],
  search: ['搜索路径、说明或权限', 'Search path, summary or permission'],
  found: ['{{n}} 个接口，共 {{all}} 个', '{{n}} of {{all}} operations'],
  nothing: ['没有符合的接口', 'No operation fits'], nothingText: ['换一个词，例如路径的一部分或权限的名称。', 'Try another word: a part of the path, or the name of a permission.'],
  groups: ['分组', 'Groups'],
  needs: ['需要权限：{{what}}', 'Permission needed: {{what}}'], nobody: ['无需登录', 'needs no sign-in'], signed_in: ['登录即可', 'anybody signed in'], unsaid: ['未说明', 'not said'],
  link: ['此接口的链接：{{what}}', 'Link to this operation: {{what}}'], deprecated: ['已弃用', 'deprecated'],
  parameters: ['参数', 'Parameters'], name: ['名称', 'Name'], where: ['位置', 'Where'], type: ['类型', 'Type'], about: ['说明', 'About'],
  in_path: ['路径', 'path'], in_query: ['查询', 'query'], in_header: ['请求头', 'header'], in_cookie: ['Cookie', 'cookie'],
  required: ['必填', 'required'], optional: ['可选', 'optional'],
  body: ['请求内容', 'Body'], answers: ['回答', 'Answers'], refusals: ['拒绝', 'Refusals'], status: ['状态', 'Status'], codes: ['常见代码', 'Usual codes'], todo: ['怎么办', 'What to do'],
  noContent: ['没有内容', 'no content'], file: ['文件', 'a file'], stream: ['事件流（server-sent events）', 'a stream of server-sent events'], headers: ['响应头：', 'Headers:'],
  problemForm: ['这些回答的结构', 'What these answers hold'],
  values: ['取值', 'one of'], items: ['每一项', 'each item'], others: ['任意名称', 'any name'], again: ['与上面相同，可层层嵌套', 'the same as above, as deep as it goes'], empty: ['没有字段', 'no fields'], anything: ['任意 JSON', 'any JSON'],
  curl: ['用 curl 调用', 'With curl'], copy: ['复制', 'Copy'], copied: ['已复制', 'Copied'], curlText: ['把 gra_… 换成您的密钥，大写的词换成实际的值。', 'Put your key in place of gra_…, and values in place of the words in capitals.'],
});

/** Groups as the document calls them. */
export const useGroupWords = words('reference-groups', {
  audit: ['审计', 'Audit'], cohorts: ['同期群', 'Cohorts'], customers: ['客户', 'Customers'], imports: ['导入与数据源', 'Imports and sources'], jobs: ['任务', 'Jobs'],
  kpis: ['关键指标', 'KPIs'], learning: ['学习', 'Learning'], predictions: ['预测', 'Predictions'], satisfaction: ['满意度', 'Satisfaction'], model: ['模型与版本', 'Model and versions'], overrides: ['人工调整', 'Overrides'], preview: ['预览', 'Previews'], runs: ['评级', 'Gradings'],
  segments: ['分群', 'Segments'], session: ['登录与会话', 'Signing in'], setup: ['初始设置', 'Setting up'], system: ['系统', 'System'], transitions: ['等级变化', 'Changes of tier'],
  users: ['用户与密钥', 'Users and keys'], validation: ['验证', 'Validation'], views: ['保存的视图', 'Saved views'],
});
export const GROUPS = ['audit', 'cohorts', 'customers', 'imports', 'jobs', 'kpis', 'learning', 'model', 'overrides', 'predictions', 'preview', 'runs', 'satisfaction', 'segments', 'session', 'setup', 'system', 'transitions', 'users', 'validation', 'views'] as const;

/** What a refusal asks of the program. */
export const useStatusWords = words('reference-status', {
  s400: ['更正内容或参数；上传中断的，重新上传', 'correct the body or parameter; send a file that was cut off again'],
  s401: ['没有密钥，或密钥已失效', 'no key, or one that has ended'],
  s403: ['密钥缺少权限或看不到这位客户；浏览器的修改请求没有 X-Gradus', 'the key lacks the right or does not see this customer; a browser\'s change without X-Gradus'],
  s404: ['没有这个对象', 'there is no such thing'],
  s409: ['重新读取当前状态', 'look at the state anew'],
  s412: ['别人改过：重新读取文档', 'somebody changed it meanwhile: read the document again'],
  s413: ['内容太大：请求 4 MiB，文件 4 GiB', 'too large: 4 MiB a request, 4 GiB a file'],
  s415: ['Content-Type 不对', 'Content-Type is of the wrong kind'],
  s422: ['按 errors 逐条更正', 'mend what errors name, one by one'],
  s428: ['带上 If-Match：读取时得到的 ETag', 'send If-Match: the ETag that reading gave'],
  s429: ['按 Retry-After 等待', 'wait for Retry-After'],
  s503: ['稍后再试；磁盘满时请管理员处理', 'try later; an administrator looks after a full disk'],
});
/** The codes that come with a status most often; docs/guide/engineer.md has them too. */
export const CODES: Record<string, string[]> = {
  400: ['invalid_request', 'upload_cut_off'], 401: ['not_signed_in', 'invalid_credentials', 'totp_required'], 403: ['forbidden', 'out_of_scope', 'cross_site'],
  404: ['not_found', 'unknown-customer'], 409: ['conflict', 'taken', 'version_state', 'not-graded-yet', 'empty-ledger'], 412: ['changed_meanwhile'], 413: ['too_large', 'upload-too-large'],
  415: ['unsupported_media_type'], 422: ['findings'], 428: ['if_match_required'], 429: ['throttled'], 503: ['disk_full'],
};
