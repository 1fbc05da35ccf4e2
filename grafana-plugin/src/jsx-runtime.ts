/** `react/jsx-runtime` over `createElement`, for the build with `--jsx-inside`. */
import { createElement, Fragment, type ElementType } from 'react';

/** An element; a key stands beside its properties. */
export function jsx(type: ElementType, properties: object, key?: string) {
  return createElement(type, key === undefined ? properties : { ...properties, key });
}

export { jsx as jsxs, Fragment };
