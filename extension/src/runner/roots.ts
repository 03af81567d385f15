// Where elements may be: the document, the open shadow roots in it, and frames of the same origin.

export type Root = Document | ShadowRoot;

/** A page with more roots than this is searched in the first of them only. */
const MAX_ROOTS = 5_000;
const MAX_FRAMES = 50;
/** Nobody is told of a shadow root that is attached later: look again after this long, ... */
const WALK_GAP_MS = 1_000;
/** ... and on a huge page no more often than that a walk costs this part of the time. */
const WALK_SHARE = 20;

interface Known {
  roots: Set<Root>;
  walkAgainAt: number;
}

const known = new WeakMap<Document, Known>();

/** A document and its open shadow roots, nested ones too; the document comes first. */
export function rootsOf(document: Document): ReadonlySet<Root> {
  const found = known.get(document);
  const start = performance.now();
  if (found && start < found.walkAgainAt) return found.roots;
  const roots = new Set<Root>([document]);
  collect(document, roots);
  const cost = performance.now() - start;
  const walkAgainAt = start + Math.max(WALK_GAP_MS, cost * WALK_SHARE);
  known.set(document, { roots, walkAgainAt });
  return roots;
}

/** Takes in the shadow roots of what was just added to the page. */
export function noteAdded(records: MutationRecord[]): void {
  for (const { addedNodes } of records) {
    for (const node of addedNodes) {
      const roots = isElement(node) && node.ownerDocument && known.get(node.ownerDocument)?.roots;
      if (roots) collect(node, roots);
    }
  }
}

/** Every root of the page: those of the document and of its frames of the same origin. */
export function everyRoot(): Root[] {
  const documents = [document];
  const roots: Root[] = [];
  // Frames of frames are appended while this goes on.
  for (const one of documents) {
    const own = rootsOf(one);
    roots.push(...own);
    for (const root of own) {
      for (const frame of root.querySelectorAll('iframe')) {
        const inner = documentOf(frame);
        if (inner && documents.length <= MAX_FRAMES) documents.push(inner);
      }
    }
  }
  return roots;
}

/** The document of a frame, if it is of the same origin. */
export function documentOf(frame: Element): Document | null {
  try {
    return (frame as HTMLIFrameElement).contentDocument ?? null;
  } catch {
    return null;
  }
}

/** Whether `outer` holds `inner`, also through shadow roots and frames. */
export function holdsDeep(outer: Node, inner: Node): boolean {
  for (let node: Node | null = inner; node; node = ownerOf(node.getRootNode())) {
    if (outer.contains(node)) return true;
  }
  return false;
}

/** What a root hangs on: the host of a shadow root, the frame of a document. */
export function ownerOf(root: Node): Element | null {
  return (root as Partial<ShadowRoot>).host ?? (root as Partial<Document>).defaultView?.frameElement ?? null;
}

/** Puts elements of several roots into the order in which the page has them, hosts before what they hold. */
export function inOrder(elements: Element[]): Element[] {
  const chains = new Map(elements.map((element) => [element, chainOf(element)]));
  return elements.sort((a, b) => compare(chains.get(a) ?? [], chains.get(b) ?? []));
}

/** The element with all that its roots hang on, outermost first. */
function chainOf(element: Element): Element[] {
  const chain: Element[] = [];
  for (let one: Element | null = element; one; one = ownerOf(one.getRootNode())) chain.unshift(one);
  return chain;
}

function compare(a: Element[], b: Element[]): number {
  for (let depth = 0; depth < Math.min(a.length, b.length); depth += 1) {
    const [left, right] = [a[depth], b[depth]];
    if (!left || !right || left === right) continue;
    return left.compareDocumentPosition(right) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
  }
  return a.length - b.length;
}

function collect(root: Element | Root, into: Set<Root>): void {
  // What a root holds is looked at when its turn comes, so that no depth of nesting is too deep.
  const waiting: (Element | Root)[] = [root];
  const enter = (element: Element) => {
    const shadow = element.shadowRoot;
    if (!shadow || into.size >= MAX_ROOTS || into.has(shadow)) return;
    into.add(shadow);
    waiting.push(shadow);
  };
  if (isElement(root)) enter(root);
  for (const one of waiting) for (const element of one.querySelectorAll('*')) enter(element);
}

/** An element of any frame: each frame has its own classes, so `instanceof` does not tell. */
export function isElement(value: unknown): value is Element {
  return (value as Partial<Node> | null)?.nodeType === 1;
}
