/** Elements from data, and the smallest change that brings a page to a new state without losing focus or place. */

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

const svgNames = new Set(['svg', 'g', 'path', 'circle', 'line', 'rect', 'text', 'title']);

/**
 * Makes an element. Attribute false, null or undefined: not there; true: there without value. Text is always text.
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElement | SVGElement}
 */
export function h(name, attributes = {}, ...children) {
  const element = svgNames.has(name)
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(key, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

/** @param {Element} element @param {Child[]} children */
function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(typeof child === 'number' ? String(child) : child);
  }
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof Element ? (node.getAttribute('data-key') ?? node.id) : '';
}

/** @param {Node} a @param {Node} b */
function sameKind(a, b) {
  return a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);
}

/** @param {Element} before @param {Element} after */
function morphAttributes(before, after) {
  for (const { name } of [...before.attributes])
    if (!after.hasAttribute(name) && !(name === 'open' && before.nodeName === 'DETAILS'))
      before.removeAttribute(name);
  for (const { name, value } of [...after.attributes])
    if (before.getAttribute(name) !== value) before.setAttribute(name, value);
}

/** @param {Element} before @param {Element} after */
function keepsOwnState(before, after) {
  if (before.hasAttribute('data-keep') && after.hasAttribute('data-keep')) return true;
  return (
    (before instanceof HTMLInputElement || before instanceof HTMLTextAreaElement) &&
    before === document.activeElement
  );
}

/**
 * Brings the children of `parent` to `wanted`. What a person opened, typed into or focused stays as it is; elements
 * with `data-keep` are left alone completely.
 * @param {Element} parent
 * @param {readonly Node[]} wanted
 */
export function morphChildren(parent, wanted) {
  /** @type {Map<string, ChildNode>} */
  const keyed = new Map();
  for (const child of parent.childNodes) {
    const key = keyOf(child);
    if (key !== '') keyed.set(key, child);
  }
  let place = parent.firstChild;
  for (const node of wanted) {
    const key = keyOf(node);
    let match = key === '' ? place : (keyed.get(key) ?? null);
    while (match !== null && key === '' && keyOf(match) !== '') match = match.nextSibling;
    if (match === null || !sameKind(match, node)) {
      parent.insertBefore(node, place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else parent.insertBefore(match, place);
    morph(match, node);
  }
  while (place !== null) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

/** @param {Node} before @param {Node} after */
function morph(before, after) {
  if (before instanceof Element && after instanceof Element) {
    if (keepsOwnState(before, after)) return;
    morphAttributes(before, after);
    if (before instanceof HTMLInputElement && after instanceof HTMLInputElement) before.value = after.value;
    morphChildren(before, [...after.childNodes]);
    if (before instanceof HTMLSelectElement && after instanceof HTMLSelectElement) before.value = after.value;
  } else if (before.nodeValue !== after.nodeValue) before.nodeValue = after.nodeValue;
}
