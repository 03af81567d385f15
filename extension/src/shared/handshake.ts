// How the tap and the runner of one page find each other: before any script of the page runs, by two
// events on the document that nobody hears afterwards. From then on they talk over a private Port.

const OFFER = 'tabway-tap-offer';
const ASK = 'tabway-tap-ask';

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

function isEarly(): boolean {
  return document.readyState === 'loading' && document.head === null;
}
