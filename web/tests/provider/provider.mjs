// A provider of identities for the server's test (crates/server/tests/it/openid): a certified implementation
// of OpenID Connect on a port of this machine. It says where it listens in one line, and ends with its input.
//
//   node provider.mjs CLIENT_ID CLIENT_SECRET REDIRECT_URI
//
// Who signs in is what the browser brings as login_hint; `nobody` says no.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [client_id, client_secret, redirect_uri] = process.argv.slice(2);

const PEOPLE = {
  lin: { email: 'lin@example.com', email_verified: true, name: '林', groups: ['crm-admins'] },
  wang: { email: 'Wang@Example.com', email_verified: true, name: '王芳', locale: 'zh-CN', groups: ['everybody', 'sales'] },
  smith: { email: 'smith@example.com', email_verified: true, name: 'Smith', locale: 'en-GB', groups: [] },
  unverified: { email: 'lin@example.com', email_verified: false, groups: ['crm-admins'] },
  nameless: { groups: ['sales'] },
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id, client_secret, redirect_uris: [redirect_uri], grant_types: ['authorization_code'], response_types: ['code'] }],
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'locale'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) => (PEOPLE[sub] ? { accountId: sub, claims: () => ({ sub, ...PEOPLE[sub] }) } : undefined),
    // Whoever signs in agrees.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid email profile groups');
      await grant.save();
      return grant;
    },
  });
  const handle = provider.callback();
  server.on('request', async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return handle(request, response);
    const { params } = await provider.interactionDetails(request, response);
    const who = params.login_hint;
    const result = who === 'nobody' ? { error: 'access_denied', error_description: 'said no' } : { login: { accountId: who } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  });
  process.stdout.write(`${issuer}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
