// What libraries say to screen readers in English only, with no setting for it: said in the reader's language, or left
// to what the control says of itself. A build fails if a new version of a library has other words.
import type { Plugin } from 'vite';

const SPOKEN: { file: RegExp; says: string; instead: string }[] = [
  // Beside its word an icon has nothing to add; alone it stands in a button that has a name.
  { file: /@ant-design\/icons\/es\/components\/AntdIcon\.js$/, says: '"aria-label": icon.name', instead: '"aria-hidden": true' },
  // A number's arrows: whoever does not see them has the arrow keys.
  { file: /@rc-component\/input-number\/es\/StepHandler\.js$/, says: `role: "button",`, instead: '"aria-hidden": true,' },
  { file: /@rc-component\/input-number\/es\/StepHandler\.js$/, says: `"aria-label": isUpAction ? 'Increase Value' : 'Decrease Value',`, instead: '' },
  { file: /@rc-component\/select\/es\/hooks\/useAllowClear\.js$/, says: `allowClearConfig.label ?? 'Clear'`, instead: `allowClearConfig.label ?? (document.documentElement.lang.startsWith('zh') ? '清除' : 'Clear')` },
];

export function spoken(): Plugin {
  return {
    name: 'spoken',
    enforce: 'pre',
    transform(code, id) {
      const path = id.split('?')[0]!.replaceAll('\\', '/');
      const here = SPOKEN.filter((one) => one.file.test(path));
      if (here.length === 0) return undefined;
      return here.reduce((text, { says, instead }) => {
        if (!text.includes(says)) this.error(`${path} no longer says ${says}: see spoken.ts`);
        return text.replace(says, instead);
      }, code);
    },
  };
}
