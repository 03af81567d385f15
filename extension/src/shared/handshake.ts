// How the tap and the runner of one page find each other: before any script of the page runs, by two
// events on the document that nobody hears afterwards. From then on they talk over a private Port.
//
// What the runner asks goes the Port's usual way. What the tap says is an event on the Port, heard at
// once: a message would wait until the page's main thread rests, which a page that draws each word of
// an answer lets it do every few hundred milliseconds.

const OFFER = 'tabway-tap-offer';
const ASK = 'tabway-tap-ask';

/** The event on the Port by which the tap speaks. */
export const SAID = 'said';

/** The tap's half: hands its Port to the runner, whichever of the two starts first. */
export function offerPort(port: MessagePort): void {
  let taken = false;
  const offer = () => {
    const event = new MessageEvent(OFFER, { ports: [port], cancelable: true });
    // The runner says by cancelling that it has taken the Port.
    taken ||= !document.dispatchEvent(event);
    if (taken) document.removeEventListener(ASK, offer);
  };
  document.addEventListener(ASK, offer);
  offer();
}

/** The runner's half. Calls back at most once, and only before the page has parsed its head. */
export function takePort(take: (port: MessagePort) => void): void {
  if (!isEarly()) return;
  const hear = (event: Event) => {
    const port = event instanceof MessageEvent ? event.ports[0] : undefined;
    document.removeEventListener(OFFER, hear);
    if (!port || !isEarly()) return;
    event.preventDefault();
    take(port);
  };
  document.addEventListener(OFFER, hear);
  document.dispatchEvent(new Event(ASK));
}

/** Firefox: a copy of what another world made, for the world of `scope`. */
declare const cloneInto: (<T>(value: T, scope: object) => T) | undefined;

/** Calls back for all that the tap says; what it said is the callback's own copy. */
export function hearSaid<Said>(port: MessagePort, hear: (said: Said) => void): void {
  port.addEventListener(SAID, (event) => {
    const { data } = event as MessageEvent<Said>;
    hear(typeof cloneInto === 'function' ? cloneInto(data, globalThis) : data);
  });
}

function isEarly(): boolean {
  return document.readyState === 'loading' && document.head === null;
}
