import { BranchesOutlined, CaretDownOutlined, CaretRightOutlined, ExclamationCircleFilled, RightSquareOutlined, WarningFilled } from '@ant-design/icons';
import { ConfigProvider } from 'antd';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import type { Finding } from '../../shared/api/contract';
import { useCatalogue } from '../../shared/catalogue';
import { useFormat } from '../../shared/session';
import { keyOf, type Line, type Way } from './nodes';
import { sayBranch, sayGives, sayValue } from './say';
import { useTreeWords } from './words';

interface Props {
  lines: Line[];
  chosen: Way;
  onChoose: (way: Way) => void;
  onFold: (key: string, fold: boolean) => void;
  onMove: (by: -1 | 1) => void;
  onAdd: () => void;
  onRemove: () => void;
  onEdit: () => void;
  findingsOf: (way: Way) => Finding[];
  people: (way: Way) => number | undefined;
  fires: (way: Way) => boolean;
}

/** The tree line by line, gone through by the keyboard as screen readers expect of a tree. */
export function Outline({ lines, chosen, onChoose, onFold, onMove, onAdd, onRemove, onEdit, findingsOf, people, fires }: Props) {
  const say = useTreeWords();
  const format = useFormat();
  const catalogue = useCatalogue();
  const { componentDisabled } = ConfigProvider.useConfig();
  const box = useRef<HTMLDivElement>(null);
  const at = Math.max(0, lines.findIndex((line) => line.key === keyOf(chosen)));
  const here = lines[at]!;
  useEffect(() => { box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' }); }, [here.key]);
  const go = (to: number) => onChoose(lines[Math.max(0, Math.min(lines.length - 1, to))]!.way);
  const keys = (event: KeyboardEvent) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey) return;
    if (event.altKey && (key === 'ArrowUp' || key === 'ArrowDown')) { if (!componentDisabled) onMove(key === 'ArrowUp' ? -1 : 1); }
    else if (event.altKey) return;
    else if (key === 'ArrowDown') go(at + 1);
    else if (key === 'ArrowUp') go(at - 1);
    else if (key === 'Home') go(0);
    else if (key === 'End') go(lines.length - 1);
    else if (key === 'ArrowRight') { if (here.isLeaf) return; if (here.isOpen) go(at + 1); else onFold(here.key, false); }
    else if (key === 'ArrowLeft') { if (here.isOpen) onFold(here.key, true); else if (here.depth > 0) onChoose(here.way.slice(0, -1)); }
    else if (key === 'Insert' && !componentDisabled) onAdd();
    else if (key === 'Delete' && !componentDisabled) onRemove();
    else if (key === 'Enter' || key === 'F2') onEdit();
    else return;
    event.preventDefault();
  };
  return (
    <div ref={box} role="tree" aria-label={say('outline')} className="tree" tabIndex={0} aria-activedescendant={`branch-${here.key}`} onKeyDown={keys}>
      {lines.map((line) => {
        const found = findingsOf(line.way);
        const worst = found.some((one) => one.severity === 'error') ? 'error' : found.length > 0 ? 'warning' : '';
        const n = people(line.way);
        const isElse = line.way.at(-1) === 'else';
        const root = line.depth === 0;
        const what = root ? (line.node.value ? say('startOf', { value: sayValue(line.node.value, format.lang, catalogue) }) : say('start')) : isElse ? say('else') : say('when');
        const test = root || isElse ? '' : sayBranch(line, format.lang, catalogue);
        const given = line.isLeaf ? sayGives(line) : '';
        return (
          <div
            key={line.key} id={`branch-${line.key}`} role="treeitem" aria-level={line.depth + 1} aria-setsize={line.of} aria-posinset={line.place} aria-expanded={line.isLeaf ? undefined : line.isOpen} aria-selected={line.key === here.key}
            className={`tree-line ${fires(line.way) ? 'fires' : ''} ${worst}`} style={{ paddingLeft: 8 + line.depth * 22 }} title={found.map((one) => one.message[format.lang]).join('\n') || undefined}
            onClick={() => { onChoose(line.way); box.current?.focus({ preventScroll: true }); }} onDoubleClick={onEdit}
          >
            {line.isLeaf ? <RightSquareOutlined aria-hidden /> : <span aria-hidden className="tree-fold" onClick={(event) => { event.stopPropagation(); onFold(line.key, line.isOpen); }}>{line.isOpen ? <CaretDownOutlined /> : <CaretRightOutlined />}</span>}
            {root ? <BranchesOutlined aria-hidden /> : null}
            <span className="tree-what">{what}</span>
            <span className="tree-test">{test}</span>
            {line.isLeaf ? <><span className="faint" aria-hidden>→</span><b className={given === '' ? 'bad' : 'tag'}>{given === '' ? say('noGives') : given}</b></> : !root && <span className="faint">{line.node.value ? say('looks', { value: sayValue(line.node.value, format.lang, catalogue) }) : say('asks')}</span>}
            {worst === 'error' ? <ExclamationCircleFilled className="bad" /> : worst ? <WarningFilled className="warn" /> : null}
            {n !== undefined && <span className="tree-people faint" title={say('peopleHint', { n: format.count(n) })}>{say('people', { n: format.count(n) })}</span>}
          </div>
        );
      })}
    </div>
  );
}
