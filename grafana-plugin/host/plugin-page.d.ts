declare module '*/components/PluginPage.mjs' {
  import type { ComponentType, ReactNode } from 'react';
  export function setPluginPage(component: ComponentType<{ children?: ReactNode }>): void;
}
