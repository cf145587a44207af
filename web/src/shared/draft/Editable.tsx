import { ConfigProvider, Segmented, type SegmentedProps } from 'antd';
import type { ReactNode } from 'react';
import { useMay } from '../session';

/** The fields of the model: whoever may only look at it sees them, and cannot change what could not be saved. */
export function Editable({ children }: { children: ReactNode }) {
  const may = useMay();
  return <ConfigProvider componentDisabled={!may('edit_models')}>{children}</ConfigProvider>;
}

/** One of a few forms of a rule. Antd's own does not listen to the form around it. */
export function Choose<T extends string>(props: Omit<SegmentedProps<T>, 'ref'>) {
  const { componentDisabled } = ConfigProvider.useConfig();
  return <Segmented<T> disabled={componentDisabled} {...props} />;
}
