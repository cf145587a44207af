import { ClockCircleOutlined, CompassOutlined, ExperimentOutlined, LoadingOutlined, MenuFoldOutlined, MenuUnfoldOutlined, UnorderedListOutlined, UserOutlined } from '@ant-design/icons';
import { Badge, Button, Dropdown, Popover, Tooltip } from 'antd';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { onProof } from '../shared/api/client';
import { useRead, useSend } from '../shared/api/hooks';
import { day } from '../shared/format/date';
import { words } from '../shared/i18n/words';
import { textOf } from '../shared/i18n/language';
import { ended, renewAll, useJobs, useJobWords } from '../shared/jobs';
import { useMay, useSession } from '../shared/session';
import { useTour } from '../shared/tour';
import { LookTools } from '../shared/theme/LookTools';
import { JobProgress } from '../shared/ui/JobProgress';
import { Failed } from '../shared/ui/states';
import { groups, useNavWords } from './navigation';

const useWords = words('frame', {
  skip: ['跳到正文', 'Skip to content'],
  nav: ['导航', 'Navigation'],
  fold: ['收起导航', 'Fold the navigation'],
  unfold: ['展开导航', 'Unfold the navigation'],
  clockFixed: ['时钟停在 {{date}}。', 'The clock stands at {{date}}.'],
  clockWhy: ['此工作区的“今天”由设置固定，所有时间窗口以此日为准。', '“Today” in this workspace is fixed by its settings, and every window of time ends there.'],
  account: ['账户', 'Account'],
  me: ['我的账户与安全', 'My account and security'],
  signOut: ['退出登录', 'Sign out'],
  scope: ['您只看得到：{{what}}', 'You see only: {{what}}'],
  owned: ['您负责的客户', 'the customers you own'],
  sample: ['样例数据：{{what}}。', 'Sample data: {{what}}.'],
  sampleWhy: ['所有客户都是虚构的。', 'All customers are invented.'],
  tour: ['导览 {{n}}/{{all}}', 'Guided tour {{n}}/{{all}}'],
  tourAgain: ['再走一遍导览', 'Take the tour again'],
  startOver: ['换成自己的数据', 'Start over with my own data'],
});

// Seldom seen, so loaded when they are.
const MustSetUp = lazy(() => import('../features/users/MustSetUp'));
const ProofDialog = lazy(() => import('../features/setup/ProofDialog'));
// Only a workspace with sample data has a tour.
const TourStrip = lazy(() => import('../features/tour'));

export function Frame() {
  const say = useWords();
  const session = useRead('/session', {}, { staleTime: 60_000 });
  const [folded, setFolded] = useState(() => matchMedia('(max-width: 1100px) and (min-width: 641px)').matches || localStorage.getItem('gradus.nav') === 'folded');
  const [proof, askFor] = useState<{ ways: string[]; done: (shown: boolean) => void } | null>(null);
  useEffect(() => onProof((ways) => new Promise((told) => askFor({ ways, done: (shown) => { askFor(null); told(shown); } }))), []);
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const shown = useRef(path);
  useEffect(() => {
    main.current?.scrollTo(0, 0);
    if (shown.current === path) return;
    shown.current = path;
    // What had the focus may be gone with its screen: the keyboard goes on in the new one, not at the top of the navigation.
    const timer = setTimeout(() => {
      if (document.activeElement === document.body) main.current?.focus({ preventScroll: true });
    }, 250);
    return () => clearTimeout(timer);
  }, [path]);
  if (session.error && session.error.status !== 401 && !session.data) return <div className="front"><Failed error={session.error} retry={session.refetch} /></div>;
  if (!session.data) return <div className="front" />;
  if (session.data.user.second_factor_demanded) return <Suspense fallback={<div className="front" />}><MustSetUp /></Suspense>;
  const fold = () => {
    localStorage.setItem('gradus.nav', folded ? 'open' : 'folded');
    setFolded(!folded);
  };
  const { workspace, scope } = session.data;
  return (
    <div className={folded ? 'frame folded' : 'frame'}>
      <a className="skip" href="#main">{say('skip')}</a>
      <Navigation folded={folded} />
      <header className="top">
        <Button className="hide-phone" type="text" aria-label={folded ? say('unfold') : say('fold')} icon={folded ? <MenuUnfoldOutlined /> : <MenuFoldOutlined />} onClick={fold} />
        <span className="top-title">{textOf(workspace.title)}</span>
        {scope.kind !== 'everyone' && <span className="tag warn">{say('scope', { what: scope.kind === 'own' ? say('owned') : (scope.segment ?? '') })}</span>}
        <Tools />
      </header>
      <Banner />
      <main id="main" className="main" ref={main} tabIndex={0}><Outlet /></main>
      {workspace.sample ? <Suspense fallback={<span />}><TourStrip /></Suspense> : <span />}
      {proof && <Suspense fallback={null}><ProofDialog ways={proof.ways} done={proof.done} /></Suspense>}
    </div>
  );
}

/** What of the figures is not as in life: invented customers, a clock that stands. */
function Banner() {
  const say = useWords();
  const may = useMay();
  const workspace = useSession()?.workspace;
  const { tour, go } = useTour();
  const sample = workspace?.sample;
  const stands = workspace && workspace.clock.kind !== 'system';
  if (!sample && !stands) return <span />;
  return (
    <div className="banner" role="note">
      {sample ? <ExperimentOutlined aria-hidden /> : <ClockCircleOutlined aria-hidden />}
      <span>
        {sample && <><strong>{say('sample', { what: textOf(sample.title) })}</strong> <span className="hide-phone">{say('sampleWhy')}</span> </>}
        {stands && <>{say('clockFixed', { date: day(workspace.clock.now, workspace.time_zone) })} {!sample && <span className="hide-phone">{say('clockWhy')}</span>}</>}
      </span>
      {sample && <span className="banner-actions">
        {tour && tour.state !== 'open' && <Button size="small" type="text" icon={<CompassOutlined />} onClick={() => go(tour.state === 'done' ? 0 : tour.step, 'open')}>{tour.state === 'done' ? say('tourAgain') : say('tour', { n: tour.step + 1, all: tour.steps.length })}</Button>}
        {may('manage_system') && <Link to="/start-over">{say('startOver')}</Link>}
      </span>}
    </div>
  );
}

function Navigation({ folded }: { folded: boolean }) {
  const say = useWords();
  const nav = useNavWords();
  const permissions = useSession()?.permissions ?? [];
  const own = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  // Where one is may lie further down than the window shows.
  useEffect(() => {
    const shown = requestAnimationFrame(() => own.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }));
    return () => cancelAnimationFrame(shown);
  }, [path]);
  return (
    <nav className="nav" aria-label={say('nav')} ref={own}>
      <Link to="/" className="brand"><img src="/gradus.svg" alt="" /><span className="nav-text">Gradus</span></Link>
      <ol>
        {groups.map((group, index) => {
          const items = group.items.filter((item) => !item.needs || permissions.includes(item.needs));
          if (items.length === 0) return null;
          return (
            <li key={index} className={group.word === 'people' ? 'nav-people' : undefined}>
              {group.word && <div className="nav-group">{nav(group.word)}</div>}
              {items.map((item) => (
                <Tooltip key={item.to} title={folded ? nav(item.word) : undefined} placement="right">
                  <Link to={item.to} className={item.later ? 'nav-item later' : 'nav-item'} activeOptions={{ exact: item.to === '/', includeSearch: false }}>
                    <span aria-hidden>{item.icon}</span><span className={folded ? 'nav-text unseen' : 'nav-text'}>{nav(item.word)}</span>
                  </Link>
                </Tooltip>
              ))}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function Tools() {
  const say = useWords();
  const jobSay = useJobWords();
  const navigate = useNavigate();
  const client = useQueryClient();
  const session = useSession();
  const jobs = useJobs().data?.items ?? [];
  const running = jobs.filter((job) => !ended(job));
  // A job may end while its own screen is closed: what it changed is asked for anew all the same.
  const over = jobs.filter(ended).map((job) => job.id).sort().join(' ');
  const before = useRef(over);
  useEffect(() => {
    if (before.current && before.current !== over) renewAll(client);
    before.current = over || 'none';
  }, [over, client]);
  const leave = useSend('delete', '/session', { onDone: () => { client.clear(); void navigate({ to: '/sign-in' }); } });
  const tray = (
    <div className="tray" aria-label={jobSay('tray')}>
      {running.length === 0 && <span className="faint">{jobSay('nothing')}</span>}
      {(running.length ? running : jobs.slice(0, 3)).map((job) => <JobProgress key={job.id} job={job} />)}
      <Link to="/runs">{jobSay('all')}</Link>
    </div>
  );
  return (
    <div className="top-tools">
      <Popover trigger="click" placement="bottomRight" content={tray}>
        <Button type="text" aria-label={running.length ? `${jobSay('tray')} ${running.length}` : jobSay('tray')} icon={<Badge count={running.length} size="small">{running.length ? <LoadingOutlined /> : <UnorderedListOutlined />}</Badge>} />
      </Popover>
      <LookTools />
      <Dropdown trigger={['click']} menu={{ items: [
        { key: 'me', label: say('me'), onClick: () => void navigate({ to: '/me' }) },
        { key: 'out', label: say('signOut'), onClick: () => leave.mutate() },
      ] }}>
        <Button type="text" aria-label={`${say('account')} ${session?.user.name ?? ''}`} icon={<UserOutlined />}><span className="hide-phone">{session?.user.name}</span></Button>
      </Dropdown>
    </div>
  );
}
