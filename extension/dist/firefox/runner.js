(function() {
	// src/shared/bytes.ts
	/** Base64 of bytes; Ports carry JSON, which has no bytes. */
	function toBase64(bytes) {
		let binary = "";
		for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
		return btoa(binary);
	}
	function fromBase64(text) {
		const binary = atob(text);
		const bytes = new Uint8Array(binary.length);
		for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
		return bytes;
	}
	// src/shared/memory.ts
	/** Another revision of an adapter may call other things by the same names. */
	function memoryKey(gateway, { name, adapter }) {
		return `${gateway} ${name} ${adapter.name} ${adapter.revision}`;
	}
	// src/shared/print.ts
	/** Pages show a prompt as Markdown, or with other spaces: only what is neither counts. */
	function lettersOf(text) {
		return text.replace(/[\s*_`#>\-+~\\|]+/g, "");
	}
	/** Two numbers of 32 bits in hex (cyrb53): pages without TLS have nothing better; it guards nothing. */
	function printOf(text) {
		const letters = lettersOf(text);
		let a = 3735928559;
		let b = 1103547991;
		for (let at = 0; at < letters.length; at += 1) {
			const unit = letters.charCodeAt(at);
			a = Math.imul(a ^ unit, 2654435761);
			b = Math.imul(b ^ unit, 1597334677);
		}
		a = Math.imul(a ^ a >>> 16, 2246822507) ^ Math.imul(b ^ b >>> 13, 3266489909);
		b = Math.imul(b ^ b >>> 16, 2246822507) ^ Math.imul(a ^ a >>> 13, 3266489909);
		return (a >>> 0).toString(16) + (b >>> 0).toString(16);
	}
	// src/runner/roots.ts
	/** A page with more roots than this is searched in the first of them only. */
	var MAX_ROOTS = 5e3;
	var MAX_FRAMES = 50;
	/** Nobody is told of a shadow root that is attached later: look again after this long, ... */
	var WALK_GAP_MS = 1e3;
	/** ... and on a huge page no more often than that a walk costs this part of the time. */
	var WALK_SHARE = 20;
	var known$1 = /* @__PURE__ */ new WeakMap();
	/** A document and its open shadow roots, nested ones too; the document comes first. */
	function rootsOf(document) {
		const found = known$1.get(document);
		const start = performance.now();
		if (found && start < found.walkAgainAt) return found.roots;
		const roots = /* @__PURE__ */ new Set([document]);
		collect$1(document, roots);
		const cost = performance.now() - start;
		const walkAgainAt = start + Math.max(WALK_GAP_MS, cost * WALK_SHARE);
		known$1.set(document, {
			roots,
			walkAgainAt
		});
		return roots;
	}
	/** Takes in the shadow roots of what was just added to the page. */
	function noteAdded(records) {
		for (const { addedNodes } of records) for (const node of addedNodes) {
			const roots = isElement(node) && node.ownerDocument && known$1.get(node.ownerDocument)?.roots;
			if (roots) collect$1(node, roots);
		}
	}
	/** Every root of the page: those of the document and of its frames of the same origin. */
	function everyRoot() {
		const documents = [document];
		const roots = [];
		for (const one of documents) {
			const own = rootsOf(one);
			roots.push(...own);
			for (const root of own) for (const frame of root.querySelectorAll("iframe")) {
				const inner = documentOf(frame);
				if (inner && documents.length <= MAX_FRAMES) documents.push(inner);
			}
		}
		return roots;
	}
	/** The document of a frame, if it is of the same origin. */
	function documentOf(frame) {
		try {
			return frame.contentDocument ?? null;
		} catch {
			return null;
		}
	}
	/** Whether `outer` holds `inner`, also through shadow roots and frames. */
	function holdsDeep(outer, inner) {
		for (let node = inner; node; node = ownerOf(node.getRootNode())) if (outer.contains(node)) return true;
		return false;
	}
	/** What a root hangs on: the host of a shadow root, the frame of a document. */
	function ownerOf(root) {
		return root.host ?? root.defaultView?.frameElement ?? null;
	}
	/** Puts elements of several roots into the order in which the page has them, hosts before what they hold. */
	function inOrder(elements) {
		const chains = new Map(elements.map((element) => [element, chainOf(element)]));
		return elements.sort((a, b) => compare(chains.get(a) ?? [], chains.get(b) ?? []));
	}
	/** The element with all that its roots hang on, outermost first. */
	function chainOf(element) {
		const chain = [];
		for (let one = element; one; one = ownerOf(one.getRootNode())) chain.unshift(one);
		return chain;
	}
	function compare(a, b) {
		for (let depth = 0; depth < Math.min(a.length, b.length); depth += 1) {
			const [left, right] = [a[depth], b[depth]];
			if (!left || !right || left === right) continue;
			return left.compareDocumentPosition(right) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
		}
		return a.length - b.length;
	}
	function collect$1(root, into) {
		const waiting = [root];
		const enter = (element) => {
			const shadow = element.shadowRoot;
			if (!shadow || into.size >= MAX_ROOTS || into.has(shadow)) return;
			into.add(shadow);
			waiting.push(shadow);
		};
		if (isElement(root)) enter(root);
		for (const one of waiting) for (const element of one.querySelectorAll("*")) enter(element);
	}
	/** An element of any frame: each frame has its own classes, so `instanceof` does not tell. */
	function isElement(value) {
		return value?.nodeType === 1;
	}
	// src/runner/changes.ts
	/** At least this long between two looks, so that a page that writes fast is not slowed down. */
	var LOOK_GAP_MS = 25;
	/** Some changes (a style sheet, a class above) are seen by nobody: look again now and then. */
	var LOOK_ANYWAY_MS = 250;
	/** Roots that were attached without a change of the page are looked for this often. */
	var ROOTS_GAP_MS = 1e3;
	var Changes = class {
		clock;
		entered;
		listeners = /* @__PURE__ */ new Set();
		observer = new MutationObserver((records) => {
			noteAdded(records);
			this.notify();
		});
		watched = /* @__PURE__ */ new WeakSet();
		lastLook = 0;
		lastRoots = -Infinity;
		trailing = false;
		constructor(clock, entered = () => {}) {
			this.clock = clock;
			this.entered = entered;
		}
		start() {
			this.watchRoots();
			document.addEventListener("load", this.onLoad, true);
		}
		/** A frame has another document. */
		onLoad = () => {
			this.lastRoots = -Infinity;
			this.notify();
		};
		/** Shadow roots and frames have changes of their own. */
		watchRoots() {
			this.lastRoots = performance.now();
			for (const root of everyRoot()) {
				if (this.watched.has(root)) continue;
				this.watched.add(root);
				this.observer.observe(root, {
					subtree: true,
					childList: true,
					attributes: true,
					characterData: true
				});
				if (root.nodeType === Node.DOCUMENT_NODE) this.entered(root);
			}
		}
		stop() {
			this.observer.disconnect();
			document.removeEventListener("load", this.onLoad, true);
			this.listeners.clear();
		}
		/** Something changed that is no mutation: a tapped stream ended. */
		notify() {
			if (this.listeners.size === 0 || this.trailing) return;
			const wait = this.lastLook + LOOK_GAP_MS - performance.now();
			if (wait <= 0) return this.look();
			this.trailing = true;
			this.clock.after(wait, () => {
				this.trailing = false;
				this.look();
			});
		}
		/** Calls back after changes, at most each 25 ms; returns what undoes it. */
		listen(listener) {
			this.listeners.add(listener);
			return () => this.listeners.delete(listener);
		}
		/** The first value of `check` that is not null or false; null when `ms` have passed. */
		until(check, ms, signal) {
			return new Promise((resolve, reject) => {
				const undo = [];
				const end = (settle) => {
					for (const one of undo) one();
					settle();
				};
				const look = () => {
					try {
						signal?.throwIfAborted();
						const value = check();
						if (value !== null && value !== false) end(() => resolve(value));
					} catch (error) {
						end(() => reject(error));
					}
				};
				const again = () => {
					undo[0] = this.clock.after(LOOK_ANYWAY_MS, () => {
						again();
						this.look();
					});
				};
				again();
				undo.push(this.clock.after(ms, () => end(() => resolve(null))));
				undo.push(this.listen(look));
				signal?.addEventListener("abort", look);
				undo.push(() => signal?.removeEventListener("abort", look));
				look();
			});
		}
		look() {
			if (performance.now() - this.lastRoots > ROOTS_GAP_MS) this.watchRoots();
			this.lastLook = performance.now();
			for (const listener of [...this.listeners]) listener();
		}
	};
	// src/generated/protocol.ts
	var MAX_PAYLOAD_BYTES = 262144;
	var MAX_UNACKED_BYTES = 8388608;
	var MAX_RECORD_BYTES = 10485760;
	// src/shared/frame.ts
	var KINDS = {
		opened: 1,
		bytes: 2,
		message: 3,
		closed: 4,
		dom: 5,
		media: 6,
		media_bytes: 7
	};
	/** Set in the kind of a frame whose text goes on in the next. */
	var MORE = 128;
	/** Letters of a block's part: each may take six bytes in JSON. */
	var PART_LETTERS = 4e4;
	/** A record that is larger than the protocol allows. */
	var TooLarge = class extends Error {
		constructor(bytes, most = MAX_PAYLOAD_BYTES) {
			super(`A piece of the answer has ${bytes} bytes; at most ${most} can be relayed.`);
		}
	};
	var encoder = new TextEncoder();
	/** Writes one frame; with `more` the next goes on with its text. Throws `TooLarge`: see `partsOf`. */
	function encodeFrame(job, seq, record, more = false) {
		const payload = payloadOf(record);
		if (payload.length > 262144) throw new TooLarge(payload.length);
		const frame = new Uint8Array(22 + payload.length);
		frame[0] = KINDS[record.kind] | (more ? MORE : 0);
		writeJob(frame, job);
		new DataView(frame.buffer).setUint32(17, seq);
		frame[21] = record.kind === "dom" ? 0 : record.stream;
		frame.set(payload, 22);
		return frame;
	}
	function payloadOf(record) {
		switch (record.kind) {
			case "bytes":
			case "media_bytes": return record.bytes;
			case "message": return encoder.encode(record.text);
			case "opened": return encoder.encode(JSON.stringify({
				tap: record.tap,
				status: record.status
			}));
			case "closed": return encoder.encode(JSON.stringify({ failed: record.failed }));
			case "dom": {
				const { block, html, closed, thought, choice } = record;
				const plain = {
					block,
					html: wellFormed(html),
					closed
				};
				if (thought) plain.thought = thought;
				if (choice) plain.choice = choice;
				return encoder.encode(JSON.stringify(plain));
			}
			case "media": {
				const { mime, name, size, choice, unread } = record;
				const head = {
					mime: wellFormed(mime),
					name: wellFormed(name),
					size,
					choice
				};
				if (unread !== void 0) head.unread = unread;
				return encoder.encode(JSON.stringify(head));
			}
		}
	}
	/** A page's text without halves of surrogate pairs, which no strict reader of JSON takes. */
	function wellFormed(text) {
		return text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "�");
	}
	function writeJob(frame, job) {
		if (!isJobId(job)) throw new Error("not a job id");
		for (let at = 0; at < 16; at++) frame[1 + at] = parseInt(job.slice(4 + 2 * at, 6 + 2 * at), 16);
	}
	/** Whether a text is a job's id. */
	function isJobId(text) {
		return /^job_[0-9a-f]{32}$/.test(text);
	}
	/** A record as records that fit into frames each. Throws `TooLarge` for a text that no frames may hold. */
	function partsOf(record) {
		if (record.kind === "bytes") return [...split(record.bytes)].map((bytes) => ({
			...record,
			bytes
		}));
		const text = record.kind === "message" ? record.text : record.kind === "dom" ? record.html : "";
		if (text.length <= PART_LETTERS) return [record];
		const bytes = encoder.encode(text).length;
		if (bytes > 10485760) throw new TooLarge(bytes, MAX_RECORD_BYTES);
		const parts = [...cut(text)];
		if (record.kind === "message") return parts.map((part) => ({
			...record,
			text: part
		}));
		return parts.map((html) => ({
			...record,
			html
		}));
	}
	/** Whether the parts of such a record are one text. */
	function isOneText({ kind }) {
		return kind === "message" || kind === "dom";
	}
	/** Cuts a text into parts, never within a character. */
	function* cut(text) {
		for (let at = 0; at < text.length;) {
			let end = at + PART_LETTERS;
			if (/[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end -= 1;
			yield text.slice(at, end);
			at = end;
		}
	}
	/** Cuts bytes into payloads of allowed size. */
	function* split(bytes) {
		for (let at = 0; at < bytes.length; at += MAX_PAYLOAD_BYTES) yield bytes.subarray(at, at + MAX_PAYLOAD_BYTES);
	}
	// src/runner/names.ts
	var NATIVE_ROLES = {
		article: "article",
		button: "button,summary,input[type=button],input[type=submit],input[type=reset]",
		checkbox: "input[type=checkbox]",
		combobox: "select",
		dialog: "dialog",
		form: "form",
		heading: "h1,h2,h3,h4,h5,h6",
		img: "img",
		link: "a[href]",
		list: "ul,ol",
		listitem: "li",
		main: "main",
		navigation: "nav",
		option: "option",
		progressbar: "progress",
		radio: "input[type=radio]",
		slider: "input[type=range]",
		spinbutton: "input[type=number]",
		status: "output",
		textbox: "textarea,input:not([type]),input[type=text],input[type=search],input[type=email],[contenteditable=\"\"],[contenteditable=true],[contenteditable=plaintext-only]"
	};
	/** Elements whose name is not what is in them. */
	var FIELDS$1 = /^(INPUT|TEXTAREA|SELECT)$/;
	/** A selector for everything that may have this ARIA role. */
	function selectorOfRole(role) {
		const explicit = `[role=${JSON.stringify(role)}]`;
		const native = Object.hasOwn(NATIVE_ROLES, role) ? NATIVE_ROLES[role] : void 0;
		return native ? `${explicit},${native}` : explicit;
	}
	/** The accessible name. */
	function nameOf$1(element) {
		const labelled = element.getAttribute("aria-labelledby");
		if (labelled) {
			const root = element.getRootNode();
			return labelled.split(/\s+/).map((id) => root.getElementById(id)?.textContent ?? "").join(" ");
		}
		const labels = element.labels;
		const isButton = element.matches("input[type=button],input[type=submit],input[type=reset]");
		return element.getAttribute("aria-label") || (labels?.[0] ? shownText(labels[0]) : "") || (isButton ? element.value : "") || (FIELDS$1.test(element.tagName) ? "" : shownText(element)) || element.getAttribute("title") || element.getAttribute("alt") || element.getAttribute("placeholder") || "";
	}
	/** What an element shows, without what is hidden from readers of names: icons, mostly. */
	function shownText(element) {
		let text = "";
		for (const node of element.childNodes) {
			if (node.nodeType === 3) text += node.textContent ?? "";
			if (node.nodeType !== 1) continue;
			const child = node;
			if (child.getAttribute("aria-hidden") === "true") continue;
			text += child.tagName === "IMG" ? child.getAttribute("alt") ?? "" : shownText(child);
		}
		return text.trim();
	}
	/** Whether a text is one of those wanted; white space and case make no difference. */
	function isOneOf(text, wanted) {
		const plain = normal(text);
		return wanted.some((one) => normal(one) === plain);
	}
	function normal(text) {
		return text.replace(/\s+/g, " ").trim().toLowerCase();
	}
	// src/runner/visible.ts
	/** Whether a person could see it, were the tab in front. */
	function isVisible(element) {
		if (!element.isConnected) return false;
		if (!element.checkVisibility({ visibilityProperty: true })) return false;
		const box = element.getBoundingClientRect();
		if (box.width <= 0 || box.height <= 0) return false;
		const frame = element.ownerDocument.defaultView?.frameElement;
		return !frame || isVisible(frame);
	}
	function isEnabled(element) {
		if (element.matches(":disabled")) return false;
		for (let one = element; one; one = one.parentElement) if (one.getAttribute("aria-disabled") === "true" || one.hasAttribute("inert")) return false;
		return true;
	}
	/** Whether a press on it would reach something else: what covers it is not ours to press through. */
	function isCovered(element) {
		if (!inView$1(element)) element.scrollIntoView({
			block: "nearest",
			inline: "nearest"
		});
		const { left, top, width, height } = element.getBoundingClientRect();
		const points = [
			.5,
			.25,
			.75
		].map((part) => [left + width * part, top + height * part]);
		let known = false;
		for (const [x, y] of points) {
			const hit = hitAt(element.ownerDocument, x, y);
			if (!hit) continue;
			known = true;
			if (holdsDeep(element, hit)) return false;
		}
		return known;
	}
	function inView$1(element) {
		const { left, top, right, bottom } = element.getBoundingClientRect();
		const { clientWidth, clientHeight } = element.ownerDocument.documentElement;
		return left >= 0 && top >= 0 && right <= clientWidth && bottom <= clientHeight;
	}
	/** The innermost element at a point of a document's window, through open shadow roots. */
	function hitAt(document, x, y) {
		let root = document;
		for (;;) {
			const hit = root.elementFromPoint(x, y);
			if (!hit || hit === ownerOf(root)) return hit;
			if (!hit.shadowRoot || hit.shadowRoot === root) return hit;
			root = hit.shadowRoot;
		}
	}
	// src/runner/locate.ts
	var TEXT_BEARERS = "button,a,summary,label,h1,h2,h3,h4,h5,h6,[role=button],[role=link],[role=heading],[role=menuitem],[role=menuitemradio],[role=option],[role=tab]";
	var PLACEHOLDERS = [
		"placeholder",
		"data-placeholder",
		"aria-placeholder"
	];
	/** Locators that lie within each other: more than this is a circle. */
	var MAX_DEPTH$2 = 8;
	/** The element for a role of the adapter, or null. */
	function byRole(adapter, role) {
		return first(adapter, adapter.locators[role] ?? []);
	}
	/** The element for a probe's target, or null. */
	function byTarget(adapter, target) {
		return typeof target === "string" ? byRole(adapter, target) : first(adapter, [target]);
	}
	/** Every element for a probe's target. */
	function everyTarget(adapter, target) {
		return every(adapter, typeof target === "string" ? adapter.locators[target] ?? [] : [target]);
	}
	/** The first element that any locator of the list resolves to; within `scope` where there is one. */
	function first(adapter, locators, scope) {
		return firstOf(adapter, locators, scope, 0);
	}
	/** Every element of the first locator that resolves; within `scope` where there is one. */
	function every(adapter, locators, scope) {
		for (const locator of locators) {
			const found = all(adapter, locator, scope);
			if (found.length > 0) return found;
		}
		return [];
	}
	/** Every element that one locator means, in the page's order; within `scope` where there is one. */
	function all(adapter, locator, scope) {
		return matches(adapter, locator, scope, 0);
	}
	function firstOf(book, locators, scope, depth) {
		for (const locator of locators) {
			const found = matches(book, locator, scope, depth);
			const element = locator.last ? found.at(-1) : found[0];
			if (element) return element;
		}
		return null;
	}
	function matches(book, locator, scope, depth) {
		const selector = selectorOf(locator);
		if (!selector || depth > MAX_DEPTH$2) return [];
		let inside;
		if (locator.within !== void 0) {
			const { within } = locator;
			inside = firstOf(book, typeof within === "string" ? book.locators[within] ?? [] : [within], scope, depth + 1) ?? void 0;
			if (!inside) return [];
		}
		return search(documentsFor(locator), selector).filter((element) => (!inside || element !== inside && holdsDeep(inside, element)) && (!scope || element !== scope && holdsDeep(scope, element)) && fits(element, locator));
	}
	/** The documents in which a locator is looked for. */
	function documentsFor(locator) {
		if (!locator.frame) return [document];
		return search([document], locator.frame).map(documentOf).filter((inner) => inner !== null);
	}
	function search(documents, selector) {
		const found = [];
		let rootsWithMatches = 0;
		for (const root of documents.flatMap((one) => [...rootsOf(one)])) {
			let here;
			try {
				here = root.querySelectorAll(selector);
			} catch {
				return [];
			}
			if (here.length === 0 || !root.isConnected) continue;
			rootsWithMatches += 1;
			found.push(...here);
		}
		return rootsWithMatches > 1 ? inOrder(found) : found;
	}
	function selectorOf(locator) {
		if (locator.css) return locator.css;
		if (locator.test_id) return `[data-testid=${JSON.stringify(locator.test_id)}]`;
		if (locator.role) return selectorOfRole(locator.role);
		if (locator.text?.length) return TEXT_BEARERS;
		if (locator.placeholder?.length) return PLACEHOLDERS.map((name) => `[${name}]`).join(",");
		if (locator.label?.length) return "[aria-label]";
		return "";
	}
	function fits(element, locator) {
		const { name, text, label, placeholder } = locator;
		if (name?.length && !isOneOf(nameOf$1(element), name)) return false;
		if (text?.length && !showsText(element, text)) return false;
		if (label?.length && !isOneOf(element.getAttribute("aria-label") ?? "", label)) return false;
		if (placeholder?.length) {
			if (!PLACEHOLDERS.map((attribute) => element.getAttribute(attribute) ?? "").some((words) => isOneOf(words, placeholder))) return false;
		}
		if (locator.visible !== void 0 && isVisible(element) !== locator.visible) return false;
		return locator.enabled === void 0 || isEnabled(element) === locator.enabled;
	}
	function showsText(element, wanted) {
		return isOneOf(element.textContent ?? "", wanted) || isOneOf(shownText(element), wanted);
	}
	// src/shared/glob.ts
	var known = /* @__PURE__ */ new Map();
	function globMatches(glob, path) {
		let pattern = known.get(glob);
		if (!pattern) {
			const source = glob.split(/(\*\*|\*)/).map((part) => part === "**" ? ".*" : part === "*" ? "[^/]*" : escape(part)).join("");
			pattern = new RegExp(`^${source}$`);
			known.set(glob, pattern);
		}
		return pattern.test(path);
	}
	function escape(literal) {
		return literal.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
	}
	// src/runner/statuses.ts
	/** More of an error's body is not read: it is for a person, and for the end of a limit. */
	var MAX_BODY = 4096;
	/** A page that asks again at once, after a renewed sign-in perhaps, does so within this time. */
	var AGAIN_MS = 300;
	/** An error's body that does not end is not waited for longer than this. */
	var BODY_MS = 2e3;
	/** Where sites put their words in an error's JSON. */
	var WORDS$1 = [
		"message",
		"error",
		"detail",
		"error_description",
		"text"
	];
	var NO_STATUSES = { wordsOf: () => null };
	var Statuses = class {
		seen = /* @__PURE__ */ new Map();
		/** Taps that were answered without an error: what they fetch besides does not end the turn. */
		answered = /* @__PURE__ */ new Set();
		refused = null;
		bodies = /* @__PURE__ */ new Map();
		wordsOf(status) {
			return this.seen.get(status) ?? null;
		}
		/** The page asks, perhaps again: what was refused before does not count. */
		asked() {
			this.refused = null;
		}
		/** A status without a body that is read. */
		note(tap, status) {
			this.seen.set(status, this.seen.get(status) ?? "");
			this.judge(tap, status, 0);
		}
		/** An error counts once its body is here: limits say in it when they end. `own`: of this turn. */
		opened(tap, stream, status, own) {
			if (status < 400) this.seen.set(status, this.seen.get(status) ?? "");
			else this.bodies.set(stream, {
				status,
				text: "",
				decoder: new TextDecoder()
			});
			if (own) this.judge(tap, status, stream);
		}
		judge(tap, status, stream) {
			if (status < 400) this.answered.add(tap);
			else if (!this.answered.has(tap)) this.refused = {
				status,
				stream,
				at: performance.now()
			};
		}
		/** Whether the site answered with an error, and the page may yet ask again. */
		get isRefused() {
			return this.refused !== null;
		}
		/** The error with which the site answered, once it is its last word. */
		refusal() {
			if (!this.refused) return null;
			const { status, stream, at } = this.refused;
			if (performance.now() - at < (this.bodies.has(stream) ? BODY_MS : AGAIN_MS)) return null;
			return {
				status,
				words: this.seen.get(status) ?? ""
			};
		}
		bytes(stream, bytes) {
			const body = this.bodies.get(stream);
			if (body && body.text.length < MAX_BODY) body.text += body.decoder.decode(bytes, { stream: true });
		}
		closed(stream) {
			const body = this.bodies.get(stream);
			this.bodies.delete(stream);
			if (body) this.seen.set(body.status, wordsIn$1(body.text));
		}
	};
	/** The words of an error's body: those of its JSON, or none. */
	function wordsIn$1(text) {
		try {
			return said(JSON.parse(text), 4) ?? "";
		} catch {
			return "";
		}
	}
	function said(value, depth) {
		if (typeof value === "string") return value.trim() || null;
		if (typeof value !== "object" || value === null || depth === 0) return null;
		const fields = value;
		const inOrder = Array.isArray(value) ? value : WORDS$1.map((name) => fields[name]);
		for (const one of inOrder) {
			const words = said(one, depth - 1);
			if (words) return words;
		}
		return null;
	}
	/** Why a page cannot be used, in the order in which it is looked for. Nothing of it is ever clicked. */
	var HINDRANCES = [
		"challenge",
		"consent",
		"signed_out"
	];
	var HINDRANCE_WORDS = {
		challenge: "The page asks for a check that only a person may pass.",
		consent: "The page asks for a consent that only its owner may give.",
		signed_out: "The page is signed out."
	};
	function probeHolds(adapter, probe, statuses = NO_STATUSES) {
		if (probe.url !== void 0) return globMatches(probe.url, location.pathname) ? { words: "" } : null;
		if (probe.tap_status !== void 0) {
			const words = statuses.wordsOf(probe.tap_status);
			return words === null ? null : { words: wellFormed(words.slice(0, 500)) };
		}
		if (probe.gone !== void 0) {
			const element = byTarget(adapter, probe.gone);
			return element && isVisible(element) ? null : { words: "" };
		}
		if (probe.shown === void 0) return null;
		for (const element of everyTarget(adapter, probe.shown)) {
			if (!isVisible(element)) continue;
			const words = wordsOf(element);
			if (!probe.says?.length || saysOneOf(words, probe.says)) return { words: wellFormed(words.slice(0, 500)) };
		}
		return null;
	}
	function wordsOf(element) {
		return (element.textContent ?? "").replace(/\s+/g, " ").trim();
	}
	function saysOneOf(words, wanted) {
		const lower = words.toLowerCase();
		return wanted.some((one) => lower.includes(one.toLowerCase()));
	}
	function anyHolds(adapter, probes, statuses) {
		for (const probe of probes ?? []) {
			const hit = probeHolds(adapter, probe, statuses);
			if (hit) return hit;
		}
		return null;
	}
	/** What keeps the page from being used at all. */
	function hindrance(adapter, statuses) {
		for (const kind of HINDRANCES) {
			const hit = anyHolds(adapter, adapter.signals[kind], statuses);
			if (hit) return failure(kind, HINDRANCE_WORDS[kind], { site_words: hit.words });
		}
		return null;
	}
	/** What ends a turn that runs. */
	function trouble(adapter, statuses) {
		const { rate_limited, quota, maintenance, moderated, error } = adapter.signals;
		const kinds = [
			[
				"rate_limited",
				rate_limited,
				"The site limits its user."
			],
			[
				"quota",
				quota,
				"A quota of the account is used up."
			],
			[
				"maintenance",
				maintenance,
				"The site is closed for a while."
			],
			[
				"moderated",
				moderated,
				"The site refused the prompt."
			],
			[
				"page_error",
				error,
				"The page shows an error."
			]
		];
		for (const [kind, probes, message] of kinds) {
			const hit = anyHolds(adapter, probes, statuses);
			if (hit) return failure(kind, message, { site_words: hit.words });
		}
		return hindrance(adapter, statuses);
	}
	/** Whether the page asks to be loaded again. */
	function isOutdated(adapter) {
		return anyHolds(adapter, adapter.signals.outdated) !== null;
	}
	/** Why the page never came to show what a turn needs; null where it has loaded and shows nothing of it. */
	function neverStarted(adapter) {
		const known = trouble(adapter, NO_STATUSES);
		if (known && known.class !== "moderated") return known;
		if (document.readyState === "complete") return null;
		return failure("not_started", "The page is still loading.");
	}
	/** Whether the page shows that an answer is complete: every probe, or Stop gone where there is none. */
	function showsDone(adapter) {
		const probes = adapter.signals.done ?? [];
		if (probes.length > 0) return probes.every((probe) => probeHolds(adapter, probe) !== null);
		return !stopShows(adapter);
	}
	function stopShows(adapter) {
		const stop = byRole(adapter, "stop");
		return stop !== null && isVisible(stop);
	}
	/** What an idle page of the site is good for. `settled`: it has had its time to load. */
	function pageState(adapter, settled) {
		const path = location.pathname;
		if ((adapter.page.deny ?? []).some((glob) => globMatches(glob, path))) return {
			lane: false,
			state: "no_tab",
			detail: "The tab shows a path that is never used."
		};
		const hindered = hindrance(adapter);
		if (hindered) return {
			lane: true,
			state: hindered.class,
			detail: hindered.message
		};
		const closed = anyHolds(adapter, adapter.signals.maintenance);
		if (closed) return {
			lane: true,
			state: "maintenance",
			detail: closed.words
		};
		const proof = adapter.page.proof ?? [];
		const missing = proof.length > 0 && !first(adapter, proof) ? "proof" : byRole(adapter, "composer") ? "" : "composer";
		const lane = missing !== "proof";
		if (missing === "") return {
			lane,
			state: "ready",
			detail: ""
		};
		if (!settled) return {
			lane,
			state: "loading",
			detail: ""
		};
		const broken = anyHolds(adapter, adapter.signals.error);
		if (broken) return {
			lane,
			state: "error",
			detail: broken.words || "The page shows an error."
		};
		return {
			lane,
			state: "page_changed",
			detail: `Nothing on the page is the adapter's ${missing}.`
		};
	}
	/** A failure in the protocol's words; empty words are left out. */
	function failure(kind, message, more = {}) {
		const made = {
			class: kind,
			message
		};
		if (more.locator) made.locator = more.locator;
		if (more.site_words) made.site_words = more.site_words;
		return made;
	}
	// src/runner/sketch.ts
	var MAX_BOXES = 400;
	var MAX_BYTES$1 = 131072;
	/** What is smaller is not worth a box. */
	var LEAST_PX = 4;
	var COLOURS = [
		"#d6336c",
		"#1971c2",
		"#2f9e44",
		"#e8590c",
		"#7048e8",
		"#0c8599",
		"#a61e4d"
	];
	var CONTROLS$1 = "button,input,textarea,select,a[href],[contenteditable],[role=button],[role=textbox]";
	var PICTURES = "img,svg,canvas,video,iframe";
	/** The part of the page that is in view as an SVG, with the found elements outlined and named. */
	function sketch(marks) {
		const boxes = document.body ? [...boxesOf(document.body)] : [];
		const outlines = marks.flatMap(({ name, element }, at) => outline(name, boxOf(element), at));
		const head = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${innerWidth} ${innerHeight}' font-family='system-ui,sans-serif' font-size='13'><rect width='100%' height='100%' fill='#fff'/>`;
		const svg = [
			head,
			...boxes,
			...outlines,
			"</svg>"
		].join("");
		return svg.length <= MAX_BYTES$1 ? svg : `${head}</svg>`;
	}
	/** Visible boxes in document order, shadow roots with them; those that add nothing are left out. */
	function* boxesOf(root) {
		const waiting = [[root, null]];
		let left = MAX_BOXES;
		while (left > 0) {
			const next = waiting.pop();
			if (!next) return;
			const [element, outer] = next;
			if (element.localName === "tabway-mark" || !isShown(element)) continue;
			const box = boxOf(element);
			const worth = inView(box) && !(outer && isSame(box, outer));
			if (worth) {
				left -= 1;
				yield rect(box, lookOf$1(element));
			}
			if (element.matches(PICTURES)) continue;
			const inner = [...element.shadowRoot?.children ?? [], ...element.children];
			for (const child of inner.reverse()) waiting.push([child, worth ? box : outer]);
		}
	}
	/** Elements without a box of their own may still have children that have one. */
	function isShown(element) {
		return isVisible(element) || getComputedStyle(element).display === "contents";
	}
	/** Where an element is in the tab, also from within frames. */
	function boxOf(element) {
		const { x, y, width, height } = element.getBoundingClientRect();
		const frame = element.ownerDocument.defaultView?.frameElement;
		const outer = frame ? boxOf(frame) : {
			x: 0,
			y: 0
		};
		return {
			x: Math.round(x) + outer.x,
			y: Math.round(y) + outer.y,
			width: Math.round(width),
			height: Math.round(height)
		};
	}
	function inView({ x, y, width, height }) {
		return width >= LEAST_PX && height >= LEAST_PX && x < innerWidth && y < innerHeight && x + width > 0 && y + height > 0;
	}
	function isSame(a, b) {
		return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
	}
	function lookOf$1(element) {
		if (element.matches(CONTROLS$1)) return "fill='#e7f0fb' stroke='#74a0d8'";
		if (element.matches(PICTURES)) return "fill='#eee' stroke='#bbb' stroke-dasharray='3'";
		return [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim()) ? "fill='#ececec' stroke='none'" : "fill='none' stroke='#ddd'";
	}
	function outline(name, box, at) {
		const colour = COLOURS[at % COLOURS.length] ?? "red";
		const label = Math.max(12, box.y - 4);
		return [rect(box, `fill='none' stroke='${colour}' stroke-width='3'`), `<text x='${Math.max(2, box.x)}' y='${label}' fill='${colour}'>${name}</text>`];
	}
	function rect({ x, y, width, height }, look) {
		return `<rect x='${x}' y='${y}' width='${width}' height='${height}' ${look}/>`;
	}
	// src/runner/diagnose.ts
	/** An id may be long; the rest of it says nothing. */
	var MAX_NAME$1 = 60;
	/** Signals of which any probe suffices, in the order in which a person wants to read them. */
	var SIGNALS = [
		"challenge",
		"consent",
		"signed_out",
		"rate_limited",
		"quota",
		"maintenance",
		"error",
		"moderated",
		"outdated",
		"session_ends"
	];
	/** Looks at the page. `about` is the question, or the turn that fails. */
	function diagnose(about, site, settled) {
		const { adapter } = site;
		const marks = [];
		const locators = listsOf(adapter).map(([role, list]) => foundBy(adapter, role, list, marks));
		const { state, detail } = pageState(adapter, settled);
		return {
			about,
			site: site.name,
			path: location.pathname,
			state,
			detail: state === "error" ? "" : detail,
			locators,
			signals: signalsOf(adapter),
			sketch: sketch(marks)
		};
	}
	/** Whether the page shows all that its self-test wants, or what only its human can take away. */
	function passesSelfTest(adapter) {
		if (trouble(adapter, NO_STATUSES)) return true;
		const proof = adapter.page.proof ?? [];
		return ["composer", ...adapter.self_test?.found ?? []].every((role) => byRole(adapter, role) !== null) && (proof.length === 0 || first(adapter, proof) !== null);
	}
	function listsOf(adapter) {
		const lists = Object.keys(adapter.locators).map((role) => [role, adapter.locators[role] ?? []]);
		const proof = adapter.page.proof ?? [];
		return proof.length > 0 ? [...lists, ["proof", proof]] : lists;
	}
	function foundBy(adapter, role, list, marks) {
		for (const [locator, wanted] of list.entries()) {
			const found = all(adapter, wanted);
			const taken = wanted.last ? found.at(-1) : found[0];
			if (!taken) continue;
			const visible = isVisible(taken);
			if (visible && role !== "proof") marks.push({
				name: role,
				element: taken
			});
			const enabled = isEnabled(taken);
			return {
				role,
				locator,
				count: found.length,
				visible,
				enabled,
				element: inShort(taken)
			};
		}
		return {
			role,
			count: 0,
			visible: false,
			enabled: false,
			element: ""
		};
	}
	/** `tag#id[data-testid=...][role=...]`: what names an element without its text. */
	function inShort(element) {
		const short = (text) => wellFormed(text.slice(0, MAX_NAME$1));
		const part = (name) => {
			const value = element.getAttribute(name);
			return value ? `[${name}=${short(value)}]` : "";
		};
		const id = element.id ? `#${short(element.id)}` : "";
		return element.localName + id + part("data-testid") + part("role");
	}
	function signalsOf(adapter) {
		const holding = [];
		for (const signal of SIGNALS) for (const [probe, wanted] of (adapter.signals[signal] ?? []).entries()) {
			const hit = probeHolds(adapter, wanted);
			if (!hit) continue;
			holding.push({
				signal,
				probe,
				words: hit.words
			});
			break;
		}
		if (showsDone(adapter)) holding.push({
			signal: "done",
			probe: 0,
			words: ""
		});
		return holding;
	}
	// src/runner/human.ts
	/** What a person does in a composer. Our own doings are either untrusted or marked as ours. */
	var DOINGS$1 = [
		"keydown",
		"beforeinput",
		"input",
		"paste",
		"drop",
		"pointerdown",
		"mousedown",
		"compositionstart"
	];
	var MODIFIERS = /* @__PURE__ */ new Set([
		"Shift",
		"Control",
		"Alt",
		"Meta",
		"CapsLock"
	]);
	/** Not `instanceof`: a frame has classes of its own. */
	var isModifier = (event) => MODIFIERS.has(event.key ?? "");
	var Human = class {
		composers;
		touched;
		signal;
		stirred;
		/** When its last doing was, by `performance.now`. */
		lastTouch = -Infinity;
		ours = 0;
		constructor(composers, touched, signal, stirred) {
			this.composers = composers;
			this.touched = touched;
			this.signal = signal;
			this.stirred = stirred;
		}
		/** Watches a document of the page: its own, or that of a frame. */
		watch(document) {
			const { signal } = this;
			for (const type of DOINGS$1) (document.defaultView ?? document).addEventListener(type, (event) => this.see(event), {
				capture: true,
				signal
			});
		}
		/** Runs what types for us: an editing command makes trusted events like a person's. */
		notHuman(action) {
			this.ours++;
			try {
				return action();
			} finally {
				this.ours--;
			}
		}
		/** What was done so far was not done to take the tab. */
		forget() {
			this.lastTouch = -Infinity;
		}
		see(event) {
			if (!event.isTrusted || this.ours > 0) return;
			if (isModifier(event)) return;
			this.stirred();
			const target = event.composedPath()[0];
			if (!isElement(target)) return;
			if (!this.composers().some((composer) => holdsDeep(composer, target))) return;
			this.lastTouch = performance.now();
			this.touched();
		}
	};
	// src/runner/incoming.ts
	var Incoming = class {
		pieces = /* @__PURE__ */ new Map();
		/** The next piece of a job's file. */
		add(job, file, bytes) {
			const files = this.pieces.get(job) ?? [];
			this.pieces.set(job, files);
			(files[file] ??= []).push(bytes);
		}
		/** The files of a turn that begins, in its order. What came for others is forgotten. */
		take(job) {
			const pieces = this.pieces.get(job.job) ?? [];
			this.pieces.clear();
			return job.files.map(({ name, mime }, at) => new File(pieces[at] ?? [], name, { type: mime }));
		}
	};
	// src/shared/channel.ts
	/** Name of the Port between a page's runner and the background. */
	var LANE_PORT = "lane";
	/** By which the tap shows the runner a file field that is in no document. */
	var FIELD_EVENT = "tabway-file-field";
	// src/runner/link.ts
	var Link = class {
		hear;
		hello;
		gone;
		port = null;
		frozen = false;
		constructor(hear, hello, gone) {
			this.hear = hear;
			this.hello = hello;
			this.gone = gone;
		}
		connect() {
			let port;
			try {
				port = chrome.runtime.connect({ name: LANE_PORT });
			} catch {
				return this.gone();
			}
			this.port = port;
			port.onMessage.addListener((message) => this.hear(message));
			port.onDisconnect.addListener(() => {
				if (this.port !== port) return;
				this.port = null;
				if (!chrome.runtime?.id) return this.gone();
				if (!this.frozen) this.connect();
			});
			this.tell(this.hello());
		}
		/** The page goes into the back/forward cache, where it has no Port. */
		freeze() {
			this.frozen = true;
		}
		/** The page is shown again. */
		thaw() {
			this.frozen = false;
			if (!this.port) this.connect();
		}
		/** Says it if there is someone to hear it; whatever matters is said again after a `hello`. */
		tell(message) {
			try {
				this.port?.postMessage(message);
			} catch {}
		}
	};
	// src/runner/mark.ts
	var TITLE_PREFIX = "▶ ";
	var STYLE$1 = `
  :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; pointer-events: none; }
  .frame { position: absolute; inset: 0; border: 2px solid #6d5efc; border-radius: 4px; }
  .badge {
    position: absolute; right: 12px; bottom: 12px; padding: 6px 10px; border-radius: 999px;
    background: #6d5efc; color: #fff; font: 600 12px/1.2 system-ui, sans-serif;
    box-shadow: 0 2px 10px rgb(0 0 0 / 25%);
  }`;
	var host = null;
	/** Shows that the tab is driven. */
	function showMark(site) {
		if (host) return;
		host = document.createElement("tabway-mark");
		host.setAttribute("aria-hidden", "true");
		const root = host.attachShadow({ mode: "closed" });
		const style = new CSSStyleSheet();
		style.replaceSync(STYLE$1);
		adopt(root, style);
		const frame = document.createElement("div");
		frame.className = "frame";
		const badge = document.createElement("div");
		badge.className = "badge";
		badge.textContent = `Tabway is using this tab · ${site}`;
		root.append(frame, badge);
		document.documentElement.append(host);
		if (!document.title.startsWith(TITLE_PREFIX)) document.title = TITLE_PREFIX + document.title;
	}
	/** The tab is its human's again. */
	function hideMark() {
		host?.remove();
		host = null;
		if (document.title.startsWith(TITLE_PREFIX)) document.title = document.title.slice(2);
	}
	/** A sheet of our own is not bound by the page's policy; Firefox lets content scripts adopt none. */
	function adopt(root, sheet) {
		try {
			root.adoptedStyleSheets = [sheet];
		} catch {
			const element = document.createElement("style");
			element.textContent = STYLE$1;
			root.append(element);
		}
	}
	// src/runner/memory.ts
	/** The page's own value of each thing that a request has changed, by its name. */
	var Memory = class {
		values;
		changed;
		constructor(values, changed) {
			this.values = values;
			this.changed = changed;
		}
		get(name) {
			return this.values[name];
		}
		/** Remembers the page's own value, unless one is remembered already. */
		keep(name, value) {
			if (Object.hasOwn(this.values, name)) return;
			this.values[name] = value;
			this.changed({ ...this.values });
		}
		/** The page has its own value again. */
		forget(name) {
			if (!Object.hasOwn(this.values, name)) return;
			delete this.values[name];
			this.changed({ ...this.values });
		}
	};
	// src/shared/pointer.ts
	/** The value at a pointer; undefined where there is none. The empty pointer is the whole. */
	function valueAt(document, pointer) {
		if (pointer === "") return document;
		let value = document;
		for (const escaped of pointer.slice(1).split("/")) {
			const step = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
			if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return void 0;
			value = value[step];
		}
		return value;
	}
	// src/runner/gestures.ts
	/** A press and release of the mouse: menus in portals open on the press, and choose on the release. */
	function pressOn(element) {
		const box = element.getBoundingClientRect();
		const at = {
			bubbles: true,
			cancelable: true,
			composed: true,
			clientX: box.x + box.width / 2,
			clientY: box.y + box.height / 2,
			button: 0
		};
		const pointer = {
			...at,
			pointerId: 1,
			pointerType: "mouse",
			isPrimary: true
		};
		element.dispatchEvent(new PointerEvent("pointerover", pointer));
		element.dispatchEvent(new PointerEvent("pointermove", pointer));
		element.dispatchEvent(new PointerEvent("pointerdown", {
			...pointer,
			buttons: 1
		}));
		element.dispatchEvent(new MouseEvent("mousedown", {
			...at,
			buttons: 1,
			detail: 1
		}));
		element.focus?.({ preventScroll: true });
		element.dispatchEvent(new PointerEvent("pointerup", pointer));
		element.dispatchEvent(new MouseEvent("mouseup", {
			...at,
			detail: 1
		}));
		if (element.isConnected) element.click?.();
	}
	var CODES = {
		Enter: 13,
		Escape: 27,
		Backspace: 8,
		ArrowLeft: 37,
		ArrowRight: 39
	};
	/** A key, pressed and released. */
	function pressKey(element, key) {
		const init = {
			key,
			code: key,
			keyCode: CODES[key] ?? 0,
			which: CODES[key] ?? 0,
			bubbles: true,
			cancelable: true,
			composed: true
		};
		for (const type of ["keydown", "keyup"]) element.dispatchEvent(new KeyboardEvent(type, init));
	}
	/** Closes what lies over the page, if the element is in such a thing: its focus would be kept there. */
	function leaveOverlay(element) {
		const over = element?.closest("[role=dialog],[role=menu],[role=listbox],[popover],dialog");
		if (over) pressKey(over.contains(document.activeElement) ? document.activeElement : over, "Escape");
	}
	// src/runner/words.ts
	/** White space and case do not count. */
	function plain$1(text) {
		return text.replace(/\s+/g, " ").trim().toLowerCase();
	}
	/** What an element is called: its label, or the first line that it shows. */
	function labelOf(element) {
		const label = element.getAttribute("aria-label")?.trim();
		if (label) return label;
		return (element.innerText ?? element.textContent ?? "").split("\n").map((line) => line.trim()).find((line) => line !== "") ?? "";
	}
	/** All that an element shows of its state: a field its value, anything else its label and text. */
	function stateOf(element) {
		if (element instanceof HTMLInputElement) return element.value;
		return `${element.getAttribute("aria-label") ?? ""} ${element.textContent ?? ""}`;
	}
	/** Whether an element shows the words, alone or as its first line or label. */
	function shows$1(element, words) {
		const wanted = plain$1(words);
		return wanted === plain$1(element.textContent ?? "") || wanted === plain$1(labelOf(element));
	}
	// src/runner/models.ts
	/** More are not named: a menu of so many is no menu of models. */
	var MAX_MODELS = 300;
	var MAX_NAME = 120;
	/** How long a menu may take to show its items. */
	var MENU_MS = 2e3;
	/** How often it is pressed, and how long each may take to open it. */
	var PRESSES = 3;
	var PRESSED_MS = 1e3;
	/** A note beside an item may lie over the menu, and is what the first key closes. */
	var CLOSE_TRIES = 4;
	/** How long a menu must show the same number of items. */
	var STEADY_MS$2 = 150;
	/** The models in a JSON document. */
	function modelsIn(document, where) {
		const labels = /* @__PURE__ */ new Map();
		const list = valueAt(document, where.list ?? "");
		if (!Array.isArray(list)) return labels;
		for (const entry of list.slice(0, MAX_MODELS)) {
			const name = valueAt(entry, where.id ?? "");
			const label = where.label === void 0 ? name : valueAt(entry, where.label);
			if (!isName(name)) continue;
			labels.set(wellFormed(name), isName(label) ? label : name);
		}
		return labels;
	}
	function isName(value) {
		return typeof value === "string" && value.trim() !== "" && value.length <= MAX_NAME;
	}
	/** What the entries of a JSON document say that its models can take and give. */
	function toldIn(document, where) {
		const told = {};
		const list = valueAt(document, where.list ?? "");
		const signs = Object.entries(where.capabilities ?? {});
		if (!Array.isArray(list) || signs.length === 0) return told;
		for (const entry of list.slice(0, MAX_MODELS)) {
			const name = valueAt(entry, where.id ?? "");
			if (!isName(name)) continue;
			told[wellFormed(name)] = Object.fromEntries(signs.map(([capability, some]) => [capability, some.some((sign) => shows(entry, sign))]));
		}
		return told;
	}
	/** Whether an entry has the sign. */
	function shows(entry, { at, has }) {
		const value = valueAt(entry, at);
		if (has === void 0) return isSet(value);
		if (Array.isArray(value)) return value.includes(has);
		if (typeof value === "object" && value !== null) return Object.hasOwn(value, has) && isSet(value[has]);
		return value === has;
	}
	function isSet(value) {
		if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
		return Boolean(value);
	}
	/** What a JSON text says of models; nothing where it is no JSON. */
	function readText$1(text, where) {
		try {
			const document = JSON.parse(text);
			return [modelsIn(document, where), toldIn(document, where)];
		} catch {
			return [/* @__PURE__ */ new Map(), {}];
		}
	}
	/** The models that the page's own text lists. */
	function modelsOnPage(where) {
		return readText$1(document.querySelector(where.css)?.textContent ?? "", where);
	}
	/** The items of the menu, once it shows them all. */
	async function openMenu(adapter, changes, signal) {
		const shown = () => every(adapter, adapter.locators.model_item ?? []).filter(isVisible);
		for (let tries = 0; tries < PRESSES && shown().length === 0; tries++) {
			const menu = byRole(adapter, "model_menu");
			if (!menu || !isEnabled(menu)) return [];
			pressOn(menu);
			await changes.until(() => shown().length > 0, PRESSED_MS, signal);
		}
		let count = 0;
		let since = Infinity;
		await changes.until(() => {
			const now = shown().length;
			if (now !== count) since = performance.now();
			count = now;
			return count > 0 && performance.now() - since >= STEADY_MS$2;
		}, MENU_MS, signal);
		return shown();
	}
	/** Closes the menu, whoever has its focus. */
	function closeMenu(adapter) {
		const item = every(adapter, adapter.locators.model_item ?? []).find(isVisible);
		if (!item) return;
		const active = document.activeElement;
		pressKey(active && active !== document.body ? active : item, "Escape");
		const still = every(adapter, adapter.locators.model_item ?? []).find(isVisible);
		if (still) pressKey(still, "Escape");
	}
	/** Reads the menu: opened, read, closed. */
	async function modelsOfMenu(adapter, changes) {
		const names = (await openMenu(adapter, changes)).map(labelOf).filter(isName).slice(0, MAX_MODELS);
		const closed = () => !every(adapter, adapter.locators.model_item ?? []).some(isVisible);
		for (let tries = 0; tries < CLOSE_TRIES && !closed(); tries += 1) {
			closeMenu(adapter);
			await changes.until(closed, MENU_MS / CLOSE_TRIES);
		}
		return new Map(names.map((name) => [wellFormed(name), name]));
	}
	// src/shared/reread.ts
	/** `free`: nobody uses the page. `standing`: a conversation may be gone on with there. */
	function wayToReread(source, free, standing) {
		if (!source) return "none";
		if (!free) return "busy";
		if (source.kind !== "tap") return "read";
		return standing ? "busy" : "reload";
	}
	// src/runner/offering.ts
	/** A person who moved the mouse or pressed a key this long ago is away. */
	var AWAY_MS = 5e3;
	var DOINGS = [
		"pointermove",
		"pointerdown",
		"keydown",
		"wheel"
	];
	var NONE = /* @__PURE__ */ new Map();
	var Offering = class {
		changes;
		tapped;
		clock;
		news;
		known = /* @__PURE__ */ new Map();
		said = /* @__PURE__ */ new Map();
		asked = /* @__PURE__ */ new Set();
		lastSeen = -Infinity;
		opened = null;
		constructor(changes, tapped, clock, news) {
			this.changes = changes;
			this.tapped = tapped;
			this.clock = clock;
			this.news = news;
		}
		start(offers, signal) {
			const seen = (event) => {
				if (event.isTrusted) this.lastSeen = performance.now();
			};
			for (const type of DOINGS) window.addEventListener(type, seen, {
				capture: true,
				signal
			});
			this.tapped.onNoticed(({ tap, text }) => {
				if (tap.purpose !== "models") return;
				for (const offer of offers()) {
					const { source } = offer.site.adapter.models;
					const its = (offer.site.adapter.tap ?? []).some((one) => one.path === tap.path);
					if (source?.kind === "tap" && its) this.learn(offer, ...readText$1(text, source));
				}
			});
		}
		/** A menu of the page is open: no turn can begin. */
		get isReading() {
			return this.opened !== null;
		}
		/** Resolves once no menu is open for us. */
		async rest() {
			await this.opened;
		}
		labels(offer) {
			return this.known.get(keyOf$2(offer)) ?? NONE;
		}
		names(offer) {
			return [...this.labels(offer).keys()];
		}
		/** What the page says that its models can take and give. */
		told(offer) {
			return this.said.get(keyOf$2(offer)) ?? {};
		}
		/** Reads the page again, where it may. `free`: it is ready and no turn or person uses its composer. */
		async again(offer, free, standing) {
			const { adapter } = offer.site;
			const { source } = adapter.models;
			const way = wayToReread(source, free && this.isAway() && !this.opened, standing);
			if (way !== "read") return way;
			if (source?.kind === "page_data") this.learn(offer, ...modelsOnPage(source));
			else {
				this.opened = this.read(offer, adapter);
				this.news();
				await this.opened;
			}
			return "read";
		}
		/** The page is ready and at rest: what it tells is read, what it hides in a menu is opened. */
		look(offer) {
			const { adapter } = offer.site;
			const { source } = adapter.models;
			if (!source || source.kind === "tap" || this.asked.has(keyOf$2(offer)) || this.opened) return;
			if (source.kind === "page_data") this.learn(offer, ...modelsOnPage(source));
			else if (!this.isAway()) this.clock.after(AWAY_MS, this.news);
			else if (byRole(adapter, "model_menu")) {
				this.asked.add(keyOf$2(offer));
				this.opened = this.read(offer, adapter);
				this.news();
			}
		}
		async read(offer, adapter) {
			try {
				this.learn(offer, await modelsOfMenu(adapter, this.changes));
			} finally {
				this.opened = null;
				this.news();
			}
		}
		isAway() {
			return document.hidden || performance.now() - this.lastSeen > AWAY_MS;
		}
		learn(offer, labels, told = {}) {
			if (labels.size === 0) return;
			this.asked.add(keyOf$2(offer));
			this.known.set(keyOf$2(offer), labels);
			this.said.set(keyOf$2(offer), told);
			this.news();
		}
	};
	function keyOf$2({ gateway, site }) {
		return `${gateway} ${site.name}`;
	}
	// src/runner/outbox.ts
	/** The gateway has not acknowledged enough for more to be kept. */
	var Full = class extends Error {};
	var Outbox = class {
		job;
		schedule;
		hand;
		limit;
		/** Frames after `acked`, in order. */
		kept = [];
		acked = 0;
		bytes = 0;
		/** Frames numbered up to here were handed on in this run. */
		handed = 0;
		scheduled = false;
		/** `schedule` runs a task after this one; `hand` takes frames, the last of which has the given number. */
		constructor(job, schedule, hand, limit = MAX_UNACKED_BYTES) {
			this.job = job;
			this.schedule = schedule;
			this.hand = hand;
			this.limit = limit;
		}
		/** Number of the last frame made; 0 for none. */
		get lastSeq() {
			return this.acked + this.kept.length;
		}
		/** Bytes that the gateway has not acknowledged. */
		get unacked() {
			return this.bytes;
		}
		/** Numbers a record, in parts where it is long, and hands it on. Throws `TooLarge` or `Full`. */
		push(record) {
			const parts = partsOf(record);
			const oneText = isOneText(record);
			parts.forEach((part, at) => this.keep(part, oneText && at < parts.length - 1));
		}
		keep(record, more) {
			const frame = encodeFrame(this.job, this.lastSeq + 1, record, more);
			if (this.bytes + frame.length > this.limit) throw new Full();
			this.kept.push(frame);
			this.bytes += frame.length;
			if (this.scheduled) return;
			this.scheduled = true;
			this.schedule(() => this.flush());
		}
		/** Hands on what was not yet handed on in this run. */
		flush() {
			this.scheduled = false;
			const frames = this.kept.slice(this.handed - this.acked);
			if (frames.length === 0) return;
			this.handed = this.lastSeq;
			this.hand(frames, this.handed);
		}
		/** The gateway has every frame up to `seq`. */
		ack(seq) {
			const count = Math.min(seq - this.acked, this.kept.length);
			if (count <= 0) return;
			for (const frame of this.kept.splice(0, count)) this.bytes -= frame.length;
			this.acked += count;
			this.handed = Math.max(this.handed, this.acked);
		}
		/** Begins a new run: everything after `seq` is handed on again. */
		resend(seq) {
			this.ack(seq);
			this.handed = this.acked;
			this.flush();
		}
	};
	// src/runner/pickers.ts
	var Pickers = class {
		tapped;
		field = null;
		constructor(tapped) {
			this.tapped = tapped;
		}
		/** Until the returned function is called. */
		async keepClosed() {
			this.field = null;
			const seen = (target) => {
				if (target instanceof HTMLInputElement && target.type === "file") this.field = target;
				return this.field !== null && target === this.field;
			};
			const onClick = (event) => {
				if (seen(event.composedPath()[0])) event.preventDefault();
			};
			const onField = (event) => {
				event.stopImmediatePropagation();
				seen(event.relatedTarget);
			};
			window.addEventListener("click", onClick, { capture: true });
			window.addEventListener(FIELD_EVENT, onField, { capture: true });
			await this.tapped.holdPickers(true);
			return () => {
				window.removeEventListener("click", onClick, { capture: true });
				window.removeEventListener(FIELD_EVENT, onField, { capture: true });
				this.tapped.holdPickers(false);
			};
		}
		/** The field that the page wanted a picker for. */
		lastField() {
			return this.field;
		}
	};
	// src/runner/answers.ts
	/** Attributes that tell one message from another. */
	var KEYS = [
		"id",
		"data-message-id",
		"data-turn-id",
		"data-id"
	];
	/** Every answer on the page. */
	function answers(adapter) {
		return every(adapter, adapter.locators.answer ?? []);
	}
	/**
	* The answers after those that the page showed before the turn. Lists that keep only what is in view
	* take answers away and make them anew, so an answer is known by its element, by its key, and by its
	* text; and nothing above a known one is new.
	*/
	var FreshAnswers = class {
		adapter;
		known = /* @__PURE__ */ new WeakSet();
		keys = /* @__PURE__ */ new Set();
		texts = /* @__PURE__ */ new Set();
		count;
		/** What an element was taken for when it was first seen. */
		fresh = /* @__PURE__ */ new WeakMap();
		constructor(adapter, shown = answers(adapter)) {
			this.adapter = adapter;
			this.count = shown.length;
			for (const answer of shown) {
				this.known.add(answer);
				const key = keyOf$1(answer);
				if (key) this.keys.add(key);
				this.texts.add(textOf$2(answer));
			}
		}
		/** Those of this turn, in the page's order. */
		now() {
			const shown = answers(this.adapter);
			const lastOld = shown.findLastIndex((answer) => !this.isFresh(answer, shown.length));
			return shown.slice(lastOld + 1);
		}
		isFresh(answer, count) {
			if (this.known.has(answer)) return false;
			const judged = this.fresh.get(answer);
			if (judged !== void 0) return judged;
			const key = keyOf$1(answer);
			const text = textOf$2(answer);
			const fresh = key ? !this.keys.has(key) : count > this.count || text === "" || !this.texts.has(text);
			if (key || text !== "") this.fresh.set(answer, fresh);
			return fresh;
		}
	};
	function keyOf$1(answer) {
		for (const name of KEYS) {
			const value = answer.getAttribute(name);
			if (value) return `${name}=${value}`;
		}
		return "";
	}
	function textOf$2(answer) {
		return answer.textContent?.replace(/\s+/g, " ").trim() ?? "";
	}
	// src/runner/standing.ts
	/** Pages write their address and the end of an answer a little after they say that it is done. */
	var SETTLE_MS$1 = 3e3;
	var Standing = class {
		gateway;
		job;
		adapter;
		endedAt = performance.now();
		address = "";
		count = 0;
		tail = "";
		constructor(gateway, job, adapter) {
			this.gateway = gateway;
			this.job = job;
			this.adapter = adapter;
			this.look();
		}
		/** Takes up what the page still adds to its turn. */
		look() {
			if (performance.now() - this.endedAt > SETTLE_MS$1) return;
			[this.address, this.count, this.tail] = shown$1(this.adapter);
		}
		/** Whether the page still shows what it showed when the turn had ended. */
		holds(gateway, job) {
			if (this.gateway !== gateway || this.job !== job) return false;
			const [address, count, tail] = shown$1(this.adapter);
			return (this.adapter.locators.scroller ? count > 0 : count > 0 && count === this.count) && address === this.address && tail === this.tail;
		}
	};
	function shown$1(adapter) {
		const all = answers(adapter);
		const text = all.at(-1)?.textContent?.replace(/\s+/g, " ").trim() ?? "";
		return [
			location.pathname + location.search,
			all.length,
			text.slice(-400)
		];
	}
	// src/shared/handshake.ts
	var OFFER = "tabway-tap-offer";
	var ASK = "tabway-tap-ask";
	/** The event on the Port by which the tap speaks. */
	var SAID = "said";
	/** The runner's half. Calls back at most once, and only before the page has parsed its head. */
	function takePort(take) {
		if (!isEarly()) return;
		const hear = (event) => {
			const port = event instanceof MessageEvent ? event.ports[0] : void 0;
			document.removeEventListener(OFFER, hear);
			if (!port || !isEarly()) return;
			event.preventDefault();
			take(port);
		};
		document.addEventListener(OFFER, hear);
		document.dispatchEvent(new Event(ASK));
	}
	/** Calls back for all that the tap says; what it said is the callback's own copy. */
	function hearSaid(port, hear) {
		port.addEventListener(SAID, (event) => {
			const { data } = event;
			hear(typeof cloneInto === "function" ? cloneInto(data, globalThis) : data);
		});
	}
	function isEarly() {
		return document.readyState === "loading" && document.head === null;
	}
	// src/runner/tapped.ts
	var Tapped = class {
		port = null;
		turn = 0;
		list = 0;
		watched = [];
		noticers = /* @__PURE__ */ new Set();
		/** Who waits for the tap's word that it has taken notice, in the order in which they asked. */
		ready = [];
		hear = null;
		/** Takes the Port, if the tap was there before the page's own scripts. */
		connect() {
			takePort((port) => {
				this.port = port;
				hearSaid(port, (said) => this.take(said));
			});
		}
		get connected() {
			return this.port !== null;
		}
		/** From now on these are followed outside of turns, too. */
		watch(taps) {
			this.list += 1;
			this.watched = taps;
			this.tell({
				k: "watch",
				list: this.list,
				taps
			});
		}
		/** Calls back for each answered request of a watched tap; returns what undoes it. */
		onNoticed(hear) {
			this.noticers.add(hear);
			return () => this.noticers.delete(hear);
		}
		/** From now on the streams of the turn are heard. Resolves once the tap has taken notice. */
		arm(taps, prompt, hear) {
			this.turn += 1;
			this.hear = hear;
			return this.ask({
				k: "arm",
				turn: this.turn,
				taps,
				prompt
			});
		}
		/** Whether the page's file fields may open no picker. Resolves once it is so. */
		holdPickers(held) {
			return this.ask({
				k: "pickers",
				turn: this.turn,
				held
			});
		}
		/** The turn is over. Resolves once everything that the tap had said was heard. */
		async disarm() {
			await this.ask({
				k: "disarm",
				turn: this.turn
			});
			this.hear = null;
		}
		ask(message) {
			if (!this.port) return Promise.resolve();
			return new Promise((resolve) => {
				this.ready.push(resolve);
				this.tell(message);
			});
		}
		take(message) {
			if (message.k === "noticed") {
				const tap = message.list === this.list ? this.watched[message.tap] : void 0;
				if (tap) for (const hear of this.noticers) hear({
					...message,
					tap
				});
				return;
			}
			if (message.k === "ready") return this.ready.shift()?.();
			if (message.turn === this.turn) this.hear?.(message);
		}
		tell(message) {
			this.port?.postMessage(message);
		}
	};
	// src/runner/tasks.ts
	/** Runs a task after those already waiting; not slowed down in a hidden tab. */
	function soon(task) {
		waiting.push(task);
		channel.port2.postMessage(null);
	}
	var waiting = [];
	var channel = new MessageChannel();
	channel.port1.onmessage = () => waiting.shift()?.();
	/** Resolves after the tasks that wait now. */
	function turnOfLoop() {
		return new Promise(soon);
	}
	/** Timers of this page, helped by the background's while the tab is hidden. */
	var Clock = class {
		remote;
		open = /* @__PURE__ */ new Map();
		last = Math.floor(Math.random() * 2 ** 48);
		constructor(remote) {
			this.remote = remote;
		}
		/** Calls back once after `ms`; returns what undoes it. */
		after(ms, callback) {
			const id = ++this.last;
			const local = setTimeout(() => this.rang(id), ms);
			this.open.set(id, () => {
				clearTimeout(local);
				callback();
			});
			if (document.hidden) this.remote(id, ms);
			return () => {
				clearTimeout(local);
				this.open.delete(id);
			};
		}
		sleep(ms) {
			return new Promise((resolve) => this.after(ms, resolve));
		}
		/** A timer is due, here or in the background, whichever is first. */
		rang(id) {
			const callback = this.open.get(id);
			this.open.delete(id);
			callback?.();
		}
	};
	// src/runner/text.ts
	var BLOCK = /^(P|DIV|LI|UL|OL|PRE|BLOCKQUOTE|H[1-6]|SECTION|ARTICLE)$/;
	/** Without width, and put in by editors for the caret. */
	var NO_WIDTH = /[\u200B\u2060\uFEFF]/g;
	var MAX_DEPTH$1 = 100;
	/** A textarea or an input; `instanceof` does not tell for elements of a frame. */
	function isField(element) {
		return element.localName === "textarea" || element.localName === "input";
	}
	/** What the composer holds. */
	function textOf$1(element) {
		if (isField(element)) return element.value;
		const lines = new Lines();
		const style = (element.ownerDocument.defaultView ?? window).getComputedStyle(element).whiteSpace;
		read(element, lines, /^(pre|break-spaces)/.test(style), 0);
		return lines.text;
	}
	/** Whether the composer holds this text, space by space and line by line. */
	function holds$1(element, text) {
		return same(textOf$1(element), text);
	}
	/** Whether the composer holds this text, but for how wide its spaces are. */
	function nearlyHolds(element, text) {
		return same(narrow(textOf$1(element)), narrow(text));
	}
	/** Whether nothing but white space is in it. */
	function isEmpty(element) {
		return textOf$1(element).replace(NO_WIDTH, "").trim() === "";
	}
	/** Editors keep a line end of their own at the end, and write some spaces as ones that do not break. */
	function same(held, wanted) {
		return plain(held) === plain(wanted);
	}
	function plain(text) {
		return text.replace(/\r\n?/g, "\n").replace(NO_WIDTH, "").replace(/\u00A0/g, " ").replace(/\n+$/, "");
	}
	function narrow(text) {
		return text.replace(/[^\S\n]+/g, " ").replace(/ ?\n ?/g, "\n").trim();
	}
	/** Lines as they are read: a line end is only written once something follows it. */
	var Lines = class {
		text = "";
		ended = false;
		begun = false;
		add(text) {
			if (text === "") return;
			this.open();
			this.text += text;
		}
		/** A break: the next line begins, if there is one. */
		break() {
			this.open();
			this.ended = true;
		}
		/** A block begins or ends: what is on the line so far stands alone. */
		edge() {
			if (this.begun) this.ended = true;
		}
		open() {
			if (this.ended) this.text += "\n";
			this.ended = false;
			this.begun = true;
		}
	};
	function read(node, lines, keepsLines, depth) {
		for (const child of node.childNodes) {
			if (child.nodeType === Node.TEXT_NODE) readText(child.textContent ?? "", lines, keepsLines);
			if (!isElement(child) || depth > MAX_DEPTH$1 || isApart(child)) continue;
			if (child.tagName === "BR") {
				lines.break();
				continue;
			}
			const block = BLOCK.test(child.tagName);
			if (block) lines.edge();
			read(child, lines, keepsLines || child.tagName === "PRE", depth + 1);
			if (block) lines.edge();
		}
	}
	function readText(text, lines, keepsLines) {
		if (!keepsLines) return lines.add(text.replace(/\n/g, " "));
		text.split("\n").forEach((line, index) => {
			if (index > 0) lines.break();
			lines.add(line);
		});
	}
	/** What is shown in the composer without being text of it: placeholders, widgets, marks. */
	function isApart(element) {
		return element.getAttribute("contenteditable") === "false" || element.getAttribute("aria-hidden") === "true";
	}
	// src/runner/compose.ts
	/** The composer is not, or no longer, what may be typed into. */
	var Astray = class extends Error {};
	/**
	* The ways for each kind, best first. Measured with the real editors: Firefox writes the line ends of
	* an inserted text as breaks, which ProseMirror reads as spaces; Lexical undoes what it was not told
	* of beforehand.
	*/
	var WAYS = {
		textarea: [value, whole$1],
		contenteditable: [
			byBreaks,
			whole$1,
			byParagraphs
		],
		prosemirror: [
			byParagraphs,
			whole$1,
			withGuard(byParagraphs),
			byBreaks
		],
		lexical: [announced, announcedWhole],
		quill: [whole$1, byBreaks]
	};
	function waysFor(kind) {
		return WAYS[kind];
	}
	/** The steps that take everything out of a composer. */
	function clearing(kind) {
		if (kind === "textarea") return [(element) => setValue(element, "")];
		if (kind === "lexical") return [
			selectAll,
			(element) => announce(element, "deleteContentBackward", null),
			(element) => element.textContent && edit(element, "delete")
		];
		return [(element) => {
			selectAll(element);
			edit(element, "delete");
		}];
	}
	/** Kinds of `input` that are not for text that others may read. */
	var TEXT_INPUTS = /* @__PURE__ */ new Set([
		"text",
		"search",
		"textarea"
	]);
	var SECRETS = /password|one-time-code|cc-|card|otp/i;
	/** Whether this is a place for a prompt: never a password, a code or a card. */
	function takesPrompts(element) {
		if (!element.isConnected) return false;
		if (!isField(element)) return element.isContentEditable !== false;
		if (!TEXT_INPUTS.has(element.type) || element.readOnly || element.disabled) return false;
		return !isSecret(element);
	}
	function isSecret(element) {
		return [
			element.type,
			element.autocomplete,
			element.name
		].some((word) => SECRETS.test(word));
	}
	/**
	* The prototype's own setter: frameworks shadow `value` on the element in order to see changes of
	* theirs, and take a change that they have not made themselves as the user's when the event comes.
	*/
	function setValue(element, text) {
		if (!isField(element) || isSecret(element)) throw new Astray();
		const prototype = element.localName === "textarea" ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
		element.focus({ preventScroll: true });
		if (isSecret(element)) throw new Astray();
		Object.getOwnPropertyDescriptor(prototype, "value")?.set?.call(element, text);
		element.dispatchEvent(inputEvent("input", "insertText", text));
		element.dispatchEvent(new Event("change", { bubbles: true }));
	}
	function value(text) {
		return [(element) => setValue(element, text)];
	}
	/** The text at once, as if typed: rich editors keep their own state and ignore foreign markup. */
	function whole$1(text) {
		return [(element) => {
			selectAll(element);
			edit(element, "insertText", text);
		}];
	}
	function byParagraphs(text) {
		return [(element) => lineByLine(element, text, "insertParagraph")];
	}
	function byBreaks(text) {
		return [(element) => lineByLine(element, text, "insertLineBreak")];
	}
	function lineByLine(element, text, lineEnd) {
		selectAll(element);
		text.split("\n").forEach((line, index) => {
			if (index > 0) edit(element, lineEnd);
			if (line) edit(element, "insertText", line);
		});
	}
	/**
	* Editors with shorthands turn `**this**` into bold as soon as its end is typed. With a letter after
	* it nothing ends, and taking the letter out again is not typing.
	*/
	function withGuard(way) {
		return (text) => [...way(`${text}x`), (element) => edit(element, "delete")];
	}
	/** For editors that do their own editing when told what is about to be typed. */
	function announced(text) {
		return [selectAll, (element) => text.split("\n").forEach((line, index) => {
			if (index > 0) announce(element, "insertLineBreak", null);
			if (line) announce(element, "insertText", line);
		})];
	}
	function announcedWhole(text) {
		return [selectAll, (element) => announce(element, "insertText", text)];
	}
	function edit(element, command, text = "") {
		if (!hasFocus(element)) throw new Astray();
		element.ownerDocument.execCommand(command, false, text);
	}
	function announce(element, inputType, data) {
		if (!hasFocus(element)) throw new Astray();
		element.dispatchEvent(inputEvent("beforeinput", inputType, data));
	}
	function inputEvent(type, inputType, data) {
		return new InputEvent(type, {
			bubbles: true,
			cancelable: type === "beforeinput",
			composed: true,
			inputType,
			data
		});
	}
	/** Whether an editing command would go into this element, and it is a place for one. */
	function hasFocus(element) {
		if (!takesPrompts(element)) return false;
		const root = element.getRootNode();
		const active = root.activeElement;
		if (!active || !element.contains(active)) return false;
		if (active !== element && !takesPrompts(active)) return false;
		const caret = isField(element) ? null : element.ownerDocument.getSelection()?.anchorNode;
		return !caret || caret.getRootNode() !== root || element.contains(caret);
	}
	function selectAll(element) {
		if (!takesPrompts(element)) throw new Astray();
		element.focus({ preventScroll: true });
		if (isField(element)) return element.select();
		const inner = editableIn(element);
		const range = element.ownerDocument.createRange();
		range.selectNodeContents(inner);
		const selection = element.ownerDocument.getSelection();
		selection?.removeAllRanges();
		selection?.addRange(range);
	}
	/** The editable element, where the adapter names what is around it. */
	function editableIn(element) {
		const active = element.getRootNode().activeElement;
		return isElement(active) && element.contains(active) ? active : element;
	}
	/** Sets the attribute of an element around the composer that repeats its text. */
	function mirror(element, attribute, text) {
		let around = element;
		while (around) {
			const found = around.closest(`[${CSS.escape(attribute)}]`);
			if (found) return found.setAttribute(attribute, text);
			around = ownerOf(around.getRootNode());
		}
	}
	// src/teach/features.ts
	/** Attributes that say what an element is, the best first. */
	var TELLING$1 = [
		"data-testid",
		"data-test-id",
		"data-test",
		"data-qa",
		"data-cy"
	];
	/** Attributes that name a field or a button, in no language. */
	var NAMING = [
		"name",
		"type",
		"role",
		"aria-controls",
		"contenteditable"
	];
	/** Attributes of frameworks, and those that change with what happens. */
	var PASSING = /^(data-(state|reactid|v-|svelte|radix|headlessui|index|key|id$|message-id|time|date|highlighted|focus|hover|orientation|value|lexical-text)|aria-|data-s-)/;
	/** Words of classes that say what an element is doing, not what it is. */
	var STATES$1 = /^(active|disabled|hover|focus(ed)?|open|closed|selected|loading|streaming|pending|generating|visible|hidden|show|hide|last|first|odd|even|dark|light|is-|has-)/;
	/** Whether a word was written by a person: no hash, no number, nothing that only one element has. */
	function isStable(word) {
		if (word.length < 2 || word.length > 60) return false;
		if (/\d{2,}|^\d|[^\w:./ -]/.test(word) || /[a-f\d]{8}-[a-f\d]{4}/i.test(word)) return false;
		return !word.split(/[-_:./ ]+/).some(looksMade);
	}
	/** `css-1x2y3z`, `sc_kTvQ`, `r4`: letters as a machine puts them. */
	function looksMade(part) {
		if (part.length < 4) return /\d/.test(part) && part.length > 1;
		if (/\d/.test(part)) return /\d.*[a-z]|[a-z].*\d.*[a-z]/i.test(part);
		const inner = part.slice(1);
		const capitals = inner.replace(/[^A-Z]/g, "").length;
		if (/[a-z]/.test(part) && capitals >= 2 && capitals / inner.length > .3) return true;
		return part.length >= 5 && !/[aeiouy]/i.test(part);
	}
	/** The element's own id, where a person gave it. */
	function idOf(element) {
		return element.id && isStable(element.id) ? `#${CSS.escape(element.id)}` : "";
	}
	/** Selectors for one element by what it says of itself, the best first; none of them has an index. */
	function selectorsOf(element) {
		const tag = element.localName;
		const found = [];
		const id = idOf(element);
		if (id) found.push(id);
		for (const name of TELLING$1) {
			const value = element.getAttribute(name);
			if (value && isStable(value)) found.push(`[${name}=${JSON.stringify(value)}]`);
		}
		for (const { name, value } of element.attributes) {
			if (!name.startsWith("data-") || TELLING$1.includes(name) || PASSING.test(name)) continue;
			if (value && isStable(value)) found.push(`[${name}=${JSON.stringify(value)}]`);
			else if (value === "" || value === "true") found.push(`[${CSS.escape(name)}]`);
		}
		for (const name of NAMING) {
			const value = element.getAttribute(name);
			if (value && isStable(value)) found.push(`${tag}[${name}=${JSON.stringify(value)}]`);
		}
		const classes = [...element.classList].filter((one) => isStable(one) && !STATES$1.test(one));
		for (const one of classes) found.push(`${tag}.${CSS.escape(one)}`);
		if (tag.includes("-")) found.push(tag);
		return found;
	}
	/** The element around this one, out of shadow roots, too. */
	function parentOf(element) {
		if (element.parentElement) return element.parentElement;
		const root = element.getRootNode();
		return root instanceof ShadowRoot ? root.host : null;
	}
	// src/teach/look.ts
	var NO_BOOK = { locators: {} };
	/** Every element that it means. */
	function found(locator) {
		return all(NO_BOOK, locator);
	}
	/** The element that the first of them to resolve means. */
	function foundFirst(locators) {
		return first(NO_BOOK, locators);
	}
	// src/teach/propose.ts
	/** How many a role gets. */
	var ENOUGH$1 = 4;
	/** How far up a selector may begin. */
	var LEVELS$1 = 8;
	/** Locators that find this element and no other. */
	function propose(element) {
		const found$2 = [];
		const take = (wanted) => {
			if (found$2.length >= ENOUGH$1) return;
			const hits = found(wanted);
			if (hits.length === 1 && hits[0] === element) found$2.push(whole(wanted));
			else if (hits.includes(element) && isVisible(element)) {
				const seen = found({
					...wanted,
					visible: true
				});
				if (seen.length === 1 && seen[0] === element) found$2.push(whole({
					...wanted,
					visible: true
				}));
			}
		};
		const own = selectorsOf(element);
		for (const selector of own) take(asLocator(selector));
		for (const selector of below(element, own)) take({ css: selector });
		const label = element.getAttribute("aria-label")?.trim();
		if (label && label.length < 60) take({ label: [label] });
		const placeholder = element.getAttribute("placeholder")?.trim();
		if (placeholder && placeholder.length < 80) take({ placeholder: [placeholder] });
		const text = (element.textContent ?? "").replace(/\s+/g, " ").trim();
		if (text && text.length < 40 && element.matches("button,a,[role=button]")) take({ text: [text] });
		if (found$2.length === 0) take({ css: pathOf(element) });
		return found$2;
	}
	/** `ancestor element`, for each steady ancestor and each way to name the element. */
	function* below(element, own) {
		const names = [...own, element.localName];
		let above = parentOf(element);
		const root = element.getRootNode();
		for (let level = 0; above && level < LEVELS$1; level++, above = parentOf(above)) {
			if (above.getRootNode() !== root) return;
			for (const steady of selectorsOf(above)) for (const name of names) yield `${steady} ${name}`;
		}
	}
	/** The last resort: steps from the nearest ancestor with an id, by tag and place. */
	function pathOf(element) {
		const steps = [];
		for (let at = element; at; at = at.parentElement) {
			const id = idOf(at);
			if (id) {
				steps.unshift(id);
				break;
			}
			const same = [...at.parentElement?.children ?? [at]].filter(({ localName }) => localName === at?.localName);
			const place = same.length > 1 ? `:nth-of-type(${same.indexOf(at) + 1})` : "";
			steps.unshift(`${at.localName}${place}`);
		}
		return steps.join(" > ");
	}
	function asLocator(selector) {
		const testId = /^\[data-testid=("[^"\\]*")\]$/.exec(selector);
		return testId ? { test_id: JSON.parse(testId[1] ?? "\"\"") } : { css: selector };
	}
	/** As it travels. */
	function whole(wanted) {
		return {
			name: [],
			text: [],
			placeholder: [],
			label: [],
			last: false,
			...wanted
		};
	}
	// src/teach/answers.ts
	var ENOUGH = 3;
	var LEVELS = 12;
	/** What the click was on, or the words that say why it is no answer. */
	function answerAt(clicked, composer, prompt) {
		if (composer && (composer.contains(clicked) || clicked.contains(composer))) return "That is where you type. Click on the text of the answer.";
		const own = ownMessage(prompt, composer);
		if (own && (own.contains(clicked) || clicked.contains(own))) return "That holds your own message. Click on the text of the answer.";
		const levels = levelsOf(clicked, own, composer);
		const body = bodyOf(levels);
		const text = textOf(body);
		if (text === "") return "There is no text. Click on the text of the answer.";
		const from = levels.indexOf(body);
		const locators = generalised(levels.slice(from), own, composer);
		if (locators.length === 0) return "Nothing tells this answer from the rest of the page. Click nearer to its text.";
		return {
			body,
			locators,
			text
		};
	}
	/** The smallest element that shows the prompt, where the page shows it at all. */
	function ownMessage(prompt, composer) {
		const wanted = squeezed(prompt);
		if (wanted === "") return null;
		let best = null;
		for (const element of everything(document.body)) {
			if (composer?.contains(element) || element.contains(composer)) continue;
			if (best && !best.contains(element)) continue;
			if (squeezed(element.textContent ?? "").includes(wanted)) best = element;
		}
		return best;
	}
	/** The clicked element and those around it, as far as they hold neither composer nor prompt. */
	function levelsOf(clicked, own, composer) {
		const levels = [];
		let at = clicked;
		for (; at && levels.length < LEVELS; at = parentOf(at)) {
			if (at === document.body || holds(at, own) || holds(at, composer)) break;
			levels.push(at);
		}
		return levels.length > 0 ? levels : [clicked];
	}
	function holds(outer, inner) {
		for (let at = inner; at; at = parentOf(at)) if (at === outer) return true;
		return false;
	}
	/** The lowest level with nearly all the text of the highest: beyond it come names and buttons. */
	function bodyOf(levels) {
		const most = textOf(levels.at(-1)).length;
		return levels.find((level) => textOf(level).length >= most * .8) ?? levels[0];
	}
	/** Selectors of the levels, and of one below another, that mean answers and nothing else. */
	function generalised(levels, own, composer) {
		const found$1 = [];
		const ways = levels.map((level) => selectorsOf(level).filter((one) => !one.startsWith("#")));
		const take = (css, level) => {
			if (found$1.length >= ENOUGH || found$1.some((one) => one.css === css)) return;
			const hits = found({ css });
			const apart = hits.every((hit) => !holds(hit, own) && !(own && holds(own, hit)) && !holds(hit, composer) && !hits.some((other) => other !== hit && hit.contains(other)));
			if (hits.includes(level) && apart) found$1.push(whole({ css }));
		};
		for (const says of [true, false]) levels.forEach((level, at) => {
			for (const way of ways[at] ?? []) if (way.startsWith("[") === says) take(way, level);
		});
		levels.forEach((level, at) => {
			for (let above = parentOf(level), up = 0; above && up < LEVELS; up++) {
				const steady = selectorsOf(above);
				for (const name of [...ways[at] ?? [], level.localName]) {
					for (const outer of steady) take(`${outer} ${name}`, level);
					for (const outer of steady) take(`${outer} > ${name}`, level);
				}
				above = above.getRootNode() === level.getRootNode() ? parentOf(above) : null;
			}
		});
		return found$1;
	}
	function textOf(element) {
		return (element?.innerText ?? element?.textContent ?? "").trim();
	}
	function squeezed(text) {
		return text.replace(/\s+/g, " ").trim();
	}
	function* everything(root) {
		for (const element of root.querySelectorAll("*")) {
			yield element;
			if (element.shadowRoot) yield* everything(element.shadowRoot);
		}
	}
	// src/teach/buttons.ts
	var BUTTONS = "button,[role=button],input[type=submit],input[type=button]";
	var WORDS = /stop|cancel|abort|halt|interrupt|停|中止|стоп|anhalten|abbrechen|arr[eê]ter|detener/i;
	/** How near to what sends a button must be that says nothing, in pixels. */
	var NEAR = 80;
	var Buttons = class {
		sender;
		before;
		during = /* @__PURE__ */ new Map();
		from;
		/** Looks at the page before the prompt is sent; `sender` is what sends it. */
		constructor(sender) {
			this.sender = sender;
			this.from = middleOf(sender);
			this.before = new Set(shown().map(lookOf));
		}
		/** Looks at the page while an answer is written. */
		look() {
			for (const element of shown()) {
				const look = lookOf(element);
				if (this.before.has(look) || this.during.has(look)) continue;
				const { x, y } = middleOf(element);
				const distance = Math.hypot(x - this.from.x, y - this.from.y);
				this.during.set(look, {
					element,
					locators: propose(element),
					distance
				});
			}
		}
		/** Stop, by locators that find nothing visible now that the answer is complete. */
		stop() {
			const after = new Set(shown().map(lookOf));
			const passed = [...this.during].filter(([look, { distance }]) => !after.has(look) && (WORDS.test(look) || distance < NEAR));
			passed.sort(([a, one], [b, other]) => rank(a, one) - rank(b, other));
			const best = passed[0]?.[1];
			if (!best) return [];
			return best.locators.filter((locator) => {
				const now = foundFirst([locator]);
				return !now || !isVisible(now);
			});
		}
		/** Of the locators of what sends, those that mean it and not Stop in the same place. */
		sends(locators) {
			const other = [...this.during.values()].find(({ element }) => element === this.sender);
			if (!other) return locators;
			const apart = locators.filter((locator) => !other.locators.some((one) => JSON.stringify(one) === JSON.stringify(locator)));
			return apart.length > 0 ? apart : locators;
		}
	};
	function rank(look, { distance }) {
		return distance - (WORDS.test(look) ? 1e4 : 0);
	}
	function shown() {
		const found = [];
		const walk = (root) => {
			found.push(...root.querySelectorAll(BUTTONS));
			for (const element of root.querySelectorAll("*")) if (element.shadowRoot) walk(element.shadowRoot);
		};
		walk(document);
		return found.filter(isVisible);
	}
	/** What a button looks like: two that look alike are one. */
	function lookOf(element) {
		const said = [
			"id",
			"data-testid",
			"aria-label",
			"title",
			"name",
			"class"
		].map((name) => element.getAttribute(name) ?? "");
		const icon = element.querySelector("svg path")?.getAttribute("d") ?? "";
		return [
			element.localName,
			...said,
			(element.textContent ?? "").trim(),
			icon
		].join("|");
	}
	function middleOf(element) {
		const { left, top, width, height } = element.getBoundingClientRect();
		return {
			x: left + width / 2,
			y: top + height / 2
		};
	}
	// src/teach/card.ts
	var STYLE = `
  :host { all: initial; position: fixed; right: 16px; top: 16px; z-index: 2147483647; }
  .card {
    box-sizing: border-box; width: 320px; max-height: 80vh; overflow: auto; padding: 14px 16px;
    border-radius: 12px; border: 2px solid #6d5efc; background: #fff; color: #1b1b2f;
    font: 14px/1.45 system-ui, sans-serif; box-shadow: 0 8px 32px rgb(0 0 0 / 28%);
  }
  h2 { margin: 0 0 6px; font-size: 15px; color: #4a3de0; }
  p { margin: 0 0 8px; }
  .problem { color: #b3261e; font-weight: 600; }
  dl { margin: 0 0 8px; display: grid; grid-template-columns: auto 1fr; gap: 2px 10px; font-size: 12px; }
  dt { color: #5b5b70; }
  dd { margin: 0; overflow-wrap: anywhere; }
  .row { display: flex; gap: 8px; flex-wrap: wrap; }
  button {
    all: unset; cursor: pointer; padding: 6px 12px; border-radius: 8px; background: #ebe9ff;
    color: #2c2396; font-weight: 600;
  }
  button:focus-visible { outline: 2px solid #2c2396; }
  button.main { background: #6d5efc; color: #fff; }`;
	var Card = class {
		host = document.createElement("tabway-lesson");
		root = this.host.attachShadow({ mode: "closed" });
		card = document.createElement("div");
		constructor() {
			const style = document.createElement("style");
			style.textContent = STYLE;
			this.card.className = "card";
			this.card.setAttribute("role", "dialog");
			this.root.append(style, this.card);
		}
		/** Whether an event's way leads through the card. */
		owns(event) {
			return event.composedPath().includes(this.host);
		}
		show({ title, words, problem, lines, buttons }) {
			this.keep();
			const parts = [make("h2", title), make("p", words)];
			if (problem) {
				const shown = make("p", problem);
				shown.className = "problem";
				parts.push(shown);
			}
			if (lines && lines.length > 0) {
				const list = document.createElement("dl");
				for (const { what, found } of lines) list.append(make("dt", what), make("dd", found));
				parts.push(list);
			}
			const row = document.createElement("div");
			row.className = "row";
			for (const { words, main, press } of buttons) {
				const button = make("button", words);
				button.type = "button";
				if (main) button.className = "main";
				button.addEventListener("click", (event) => {
					if (event.isTrusted) press();
				});
				row.append(button);
			}
			parts.push(row);
			this.card.replaceChildren(...parts);
			this.card.setAttribute("aria-label", title);
		}
		/** Pages that draw themselves anew take it away. */
		keep() {
			if (!this.host.isConnected) document.documentElement?.append(this.host);
		}
		hide() {
			this.host.remove();
		}
	};
	function make(tag, words) {
		const element = document.createElement(tag);
		element.textContent = words;
		return element;
	}
	// src/teach/kinds.ts
	var FIELDS = "textarea,input:not([type]),input[type=text],input[type=search]";
	var EDITABLE = "[contenteditable=\"\"],[contenteditable=true],[contenteditable=plaintext-only]";
	/** The field that a click was on or in: what a person can type in. */
	function fieldAt(path) {
		let editable = null;
		for (const target of path) {
			if (!(target instanceof HTMLElement)) continue;
			if (target.matches(FIELDS)) return target;
			if (target.matches(EDITABLE)) editable = target;
		}
		if (editable) return editable;
		const start = path.find((target) => target instanceof HTMLElement);
		for (let at = start ?? null, up = 0; at && up < 3; at = parentOf(at), up++) {
			const inside = at.querySelectorAll(`${FIELDS},${EDITABLE}`);
			if (inside.length === 1) return inside[0] ?? null;
		}
		return null;
	}
	function kindOf(field) {
		if (field.matches(FIELDS)) return "textarea";
		if (field.matches("[data-lexical-editor]")) return "lexical";
		if (field.matches(".ql-editor")) return "quill";
		if (field.matches(".ProseMirror,.tiptap")) return "prosemirror";
		return "contenteditable";
	}
	// src/teach/streams.ts
	/** The most characters that are kept of all streams together. */
	var MAX_KEPT = 2 << 20;
	/** The most bytes that a lesson carries of them; see `teach::MAX_SEEN_BYTES`. */
	var MAX_TOLD = 716800;
	var TRANSPORTS = [
		"fetch",
		"xhr",
		"eventsource",
		"websocket"
	];
	var tap = (transport, standing) => ({
		transport,
		path: "**",
		standing,
		purpose: "answer",
		body: []
	});
	/** Every stream: first as one that the turn opened, then as one that was open before. */
	var EVERY = [...TRANSPORTS.map((transport) => tap(transport, false)), ...TRANSPORTS.map((transport) => tap(transport, true))];
	var Streams = class {
		tapped;
		heard = /* @__PURE__ */ new Map();
		all = [];
		kept = 0;
		constructor(tapped) {
			this.tapped = tapped;
		}
		/** From now on bodies are kept whole, also those that are asked for before the prompt. */
		watch() {
			this.tapped.watch(EVERY.slice(TRANSPORTS.length));
		}
		start(prompt) {
			return this.tapped.arm(EVERY, prompt, (message) => this.hear(message));
		}
		/** The prompt is sent: what is open by now outlives turns, however late the page opened it. */
		sent() {
			for (const { seen } of this.all) seen.standing = true;
		}
		/** Nothing more is heard. Those streams come first that hold words of the answer. */
		async finish(answer) {
			await this.tapped.disarm();
			const words = (answer.match(/\p{L}{4,}/gu) ?? []).slice(0, 40);
			const told = this.all.filter(({ seen }) => seen.body !== "" || seen.messages.length > 0).map(({ seen }) => ({
				seen,
				hits: hitsOf(seen, words)
			})).sort((a, b) => b.hits - a.hits).map(({ seen }) => seen);
			const within = [];
			let left = MAX_TOLD;
			for (const seen of told) {
				left -= new TextEncoder().encode(JSON.stringify(seen)).length;
				if (left < 0) break;
				within.push(seen);
			}
			return within;
		}
		hear(message) {
			if (message.k === "open") {
				const { stream, tap, status, method, path } = message;
				const standing = tap >= TRANSPORTS.length;
				const heard = {
					seen: {
						transport: TRANSPORTS[tap % TRANSPORTS.length] ?? "fetch",
						method,
						path,
						standing,
						status,
						body: "",
						messages: [],
						cut: false
					},
					decoder: new TextDecoder()
				};
				this.heard.set(stream, heard);
				this.all.push(heard);
				return;
			}
			const heard = "stream" in message ? this.heard.get(message.stream) : void 0;
			if (!heard) return;
			if (message.k === "bytes") heard.seen.body += this.within(heard, heard.decoder.decode(message.bytes, { stream: true }));
			else if (message.k === "text") {
				const text = this.within(heard, message.text);
				if (text !== "") heard.seen.messages.push(text);
			}
		}
		within(heard, text) {
			if (this.kept + text.length > MAX_KEPT) {
				heard.seen.cut = true;
				return "";
			}
			this.kept += text.length;
			return text;
		}
	};
	/** How many words of the answer a stream holds; where they come in pieces, their beginnings. */
	function hitsOf({ body, messages }, words) {
		const text = body + messages.join("\n");
		return words.filter((word) => text.includes(word.slice(0, 4))).length;
	}
	// src/teach/teacher.ts
	/** What is asked where the person writes nothing else: an answer of many words, and easy to tell. */
	var PROMPT = "Please write the numbers from one to twenty as words, separated by commas.";
	/** How often the page is looked at while an answer is written. */
	var LOOK_MS = 120;
	var Teacher = class {
		stand;
		card = new Card();
		open = null;
		step = "composer";
		stop = new AbortController();
		streams = null;
		buttons = null;
		composer = null;
		answer = null;
		locators = {};
		sentBy = "click";
		prompt = "";
		start = {
			path: "",
			fresh: true,
			emptied: false,
			locked: false
		};
		constructor(stand) {
			this.stand = stand;
		}
		/** A person is being led: no turn runs here meanwhile. */
		get busy() {
			return this.open !== null && this.step !== "told";
		}
		/** What the background knows of the lesson of this tab. */
		take(lesson) {
			const same = lesson !== null && lesson.lesson === this.open?.lesson;
			this.open = lesson;
			if (!lesson) return this.end();
			if (lesson.report) return this.showReport(lesson);
			if (!same || this.step === "told") this.begin();
		}
		end() {
			this.stop.abort();
			this.card.hide();
		}
		begin() {
			this.stop.abort();
			this.stop = new AbortController();
			const { signal } = this.stop;
			this.step = "composer";
			this.locators = {};
			this.answer = null;
			this.streams = new Streams(this.stand.tapped);
			this.streams.watch();
			this.start = {
				path: location.pathname,
				fresh: true,
				emptied: false,
				locked: false
			};
			for (const type of [
				"pointerdown",
				"mousedown",
				"click",
				"keydown"
			]) window.addEventListener(type, (event) => this.see(event), {
				capture: true,
				signal
			});
			const look = setInterval(() => this.look(), LOOK_MS);
			signal.addEventListener("abort", () => clearInterval(look));
			this.say({
				title: "1 of 4: where you type",
				words: "Open a new chat of this page. Then click into the field in which you type."
			});
		}
		say(shown) {
			const leave = {
				words: "Cancel",
				press: () => this.stand.tell({ k: "end" })
			};
			this.card.show({
				...shown,
				buttons: [...shown.buttons ?? [], leave]
			});
		}
		/** What the person does, before the page hears of it. */
		see(event) {
			if (!event.isTrusted || this.card.owns(event)) return;
			switch (this.step) {
				case "composer":
					if (event.type === "click") this.pickComposer(event);
					return;
				case "send": return this.seeSend(event);
				case "answer":
				case "new_chat":
					if (event.type === "keydown") return;
					event.preventDefault();
					event.stopImmediatePropagation();
					if (event.type !== "click") return;
					if (this.step === "answer") this.pickAnswer(event);
					else this.pickNewChat(event);
			}
		}
		pickComposer(event) {
			const field = fieldAt(event.composedPath());
			if (!field) return this.say({
				title: "1 of 4: where you type",
				words: "Click into the field in which you type.",
				problem: "Nothing can be typed there."
			});
			this.composer = field;
			this.locators.composer = propose(field);
			this.step = "send";
			this.typeProbe(field);
		}
		async typeProbe(field) {
			await this.streams?.start(PROMPT);
			if (isEmpty(field)) {
				const kind = kindOf(field);
				for (const way of waysFor(kind)) {
					for (const step of way(PROMPT)) this.stand.notHuman(() => step(this.field() ?? field));
					if (await this.settles(() => holds$1(this.field() ?? field, PROMPT))) break;
				}
			}
			this.say({
				title: "2 of 4: send it",
				words: "A question stands in the field; change it if you like. Send it yourself: click the send button, or press Enter."
			});
		}
		/** The composer as the page has it now: some put another element in its place. */
		field() {
			if (this.composer?.isConnected) return this.composer;
			return foundFirst(this.locators.composer ?? []);
		}
		async settles(holds) {
			for (let tries = 0; tries < 10; tries++) {
				if (holds()) return true;
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
			return false;
		}
		seeSend(event) {
			const field = this.field();
			const path = event.composedPath();
			if (event instanceof KeyboardEvent) {
				if (event.key !== "Enter" || event.shiftKey || !field || !path.includes(field)) return;
				this.sentBy = event.ctrlKey ? "ctrl_enter" : event.metaKey ? "meta_enter" : "enter";
				this.beforeSending(field);
				return;
			}
			if (event.type !== "pointerdown" && event.type !== "click") return;
			if (field && path.includes(field)) return;
			const button = buttonAt(path);
			if (!button || event.type === "click" && this.locators.send) return;
			this.sentBy = "click";
			this.locators.send = propose(button);
			this.beforeSending(button);
		}
		beforeSending(sender) {
			this.prompt = textOf$1(this.field() ?? sender).trim() || this.prompt;
			this.buttons = new Buttons(sender);
			this.streams?.sent();
		}
		look() {
			this.card.keep();
			const field = this.field();
			if (this.step === "send" && this.buttons && this.prompt) {
				if (!field || isEmpty(field)) {
					this.start.emptied = field !== null;
					this.showAnswerStep();
				}
			} else if (this.step !== "answer") return;
			this.buttons?.look();
			this.start.locked ||= field !== null && !isEnabled(field);
		}
		showAnswerStep(problem) {
			this.step = "answer";
			this.say({
				title: "3 of 4: the answer",
				words: "Wait until the answer is complete. Then click on its text.",
				...problem ? { problem } : {}
			});
		}
		pickAnswer(event) {
			const clicked = event.composedPath()[0];
			if (!(clicked instanceof Element)) return;
			const answer = answerAt(clicked, this.field(), this.prompt);
			if (typeof answer === "string") return this.showAnswerStep(answer);
			this.answer = answer;
			this.locators.answer = answer.locators;
			const stop = this.buttons?.stop() ?? [];
			if (stop.length > 0) this.locators.stop = stop;
			if (this.locators.send && this.buttons) this.locators.send = this.buttons.sends(this.locators.send);
			this.step = "new_chat";
			this.say({
				title: "4 of 4: a new chat",
				words: "Click the button that begins a new chat; it will not be pressed now. Or skip: the page is then opened anew for each chat.",
				buttons: [{
					words: "Skip",
					main: true,
					press: () => void this.finish()
				}]
			});
		}
		pickNewChat(event) {
			const button = buttonAt(event.composedPath());
			if (!button) return;
			this.locators.new_chat = propose(button);
			this.finish();
		}
		async finish() {
			const { answer, composer, streams, locators } = this;
			if (!answer || !composer || !streams || this.step === "told") return;
			this.step = "told";
			this.stop.abort();
			this.card.show({
				title: "One moment",
				words: "The lesson is looked at.",
				buttons: []
			});
			const seen = await streams.finish(answer.text);
			const send = foundFirst(locators.send ?? []);
			this.stand.forgetHuman();
			this.stand.tell({
				k: "seen",
				lesson: {
					path: this.start.path,
					title: document.title.slice(0, 100),
					locators,
					composer: kindOf(composer),
					sent_by: this.sentBy,
					seen: {
						fresh: this.isFirst(answer),
						emptied: this.start.emptied,
						locked: this.start.locked,
						send_again: send !== null && isVisible(send)
					},
					prompt: this.prompt.slice(0, 4e3),
					answer: answer.text.slice(0, 2e4),
					streams: seen
				}
			});
		}
		/** Whether the page shows no other answer. */
		isFirst(answer) {
			const locator = answer.locators[0];
			return locator?.css !== void 0 && document.querySelectorAll(locator.css).length <= 1;
		}
		showReport({ report }) {
			if (!report) return;
			this.stop.abort();
			this.step = "told";
			const { state, lines, words } = report;
			const again = {
				words: "Try again",
				press: () => this.stand.tell({ k: "again" })
			};
			const keep = {
				words: "Save draft",
				main: true,
				press: () => this.stand.tell({ k: "keep" })
			};
			const close = {
				words: "Close",
				press: () => this.stand.tell({ k: "end" })
			};
			const shown = {
				trying: {
					title: "Trying it",
					buttons: [close]
				},
				understood: {
					title: "This was understood",
					buttons: [
						keep,
						again,
						close
					]
				},
				failed: {
					title: "This did not work",
					buttons: [again, close]
				},
				saved: {
					title: "Saved as a draft",
					buttons: [close]
				}
			}[state];
			this.card.show({
				...shown,
				words,
				lines
			});
		}
	};
	/** The button that a click was on, or the smallest thing that could be one. */
	function buttonAt(path) {
		const elements = path.filter((target) => target instanceof Element);
		const wanted = "button,[role=button],a[href],input[type=submit],input[type=button],[onclick]";
		const inside = elements.slice(0, 6);
		return inside.find((element) => element.matches(wanted)) ?? clickable(inside);
	}
	/** Pages that build buttons of anything show a hand over them. */
	function clickable(elements) {
		const hand = (element) => getComputedStyle(element).cursor === "pointer";
		return elements.findLast(hand) ?? null;
	}
	// src/runner/fault.ts
	/** The turn has failed. */
	var Fault = class extends Error {
		failure;
		constructor(failure) {
			super(failure.message);
			this.failure = failure;
		}
	};
	/** The client left. */
	var Cancelled = class extends Error {};
	/** Any error as the fault that it makes of the turn. */
	function faultOf(error) {
		if (error instanceof Fault) return error;
		if (error instanceof Full || error instanceof TooLarge) return new Fault(failure("too_large", error.message || "The gateway does not keep up."));
		return new Fault(failure("page_error", `The page broke the turn: ${String(error)}`));
	}
	// src/runner/act.ts
	/** One turn, up to the page having taken the prompt. */
	var Act = class {
		stage;
		adapter;
		job;
		signal;
		deadline;
		constructor(stage, adapter, job, signal) {
			this.stage = stage;
			this.adapter = adapter;
			this.job = job;
			this.signal = signal;
			this.deadline = performance.now() + job.accept_ms;
		}
		/** Milliseconds left for the page to take the prompt. */
		left() {
			return Math.max(0, this.deadline - performance.now());
		}
		/** The first value of `check` that is not null or false; null when `ms` have passed. */
		async until(check, ms = this.left()) {
			const value = await this.stage.changes.until(check, ms, this.signal);
			await turnOfLoop();
			this.signal.throwIfAborted();
			return value;
		}
		/** The element for a role; a failure that names it where it does not come. */
		async find(role) {
			const found = await this.until(() => byRole(this.adapter, role));
			if (!found) throw this.missing(role);
			return found;
		}
		/** Clicks the element for a role once it is enabled. */
		async press(role) {
			const element = await this.until(() => {
				const found = byRole(this.adapter, role);
				return found && isEnabled(found) ? found : null;
			});
			if (!element) throw this.missing(role);
			click(element);
		}
		/** That nothing is the adapter's `role`, or what keeps the page from showing it. */
		missing(role) {
			const known = neverStarted(this.adapter);
			if (known) return new Fault(known.class === "not_started" ? {
				...known,
				locator: role
			} : known);
			return new Fault(failure("page_changed", `Nothing on the page is the adapter's ${role}.`, { locator: role }));
		}
	};
	function click(element) {
		element?.click();
	}
	// src/runner/blocks.ts
	/** What makes an element one of a text's own blocks, and what may be a mere wrapper of them. */
	var TEXT_BLOCKS = /^(P|UL|OL|DL|PRE|H[1-6]|TABLE|BLOCKQUOTE|HR|DETAILS|FIGURE)$/;
	var WRAPPERS = /^(DIV|SECTION|ARTICLE|MAIN|HEADER|FOOTER)$/;
	var CODE = "pre,.cm-content";
	/** Wrappers in wrappers beyond this are one block. */
	var MAX_DEPTH = 40;
	/** Cuts what is in `body`, but for what is in `without`. */
	function blocksOf(body, cut, without) {
		const blocks = [];
		collect(body, cut, without, blocks, 0);
		return blocks;
	}
	function collect(parent, cut, without, blocks, depth) {
		let line = [];
		const endLine = () => {
			if (line.some((node) => node.textContent?.trim() || hasPicture(node))) blocks.push(line);
			line = [];
		};
		for (const node of childrenOf(parent)) {
			if (node.nodeType === Node.COMMENT_NODE || isLeftOut(node, cut, without)) continue;
			if (!isElement(node) || !isBlock(node)) {
				line.push(node);
				continue;
			}
			endLine();
			if (depth < MAX_DEPTH && isWrapper(node)) collect(node, cut, without, blocks, depth + 1);
			else blocks.push([node]);
		}
		endLine();
	}
	function hasPicture(node) {
		return isElement(node) && (node.tagName === "IMG" || node.querySelector("img") !== null);
	}
	function isLeftOut(node, cut, without) {
		if (!isElement(node)) return false;
		return without.has(node) || cut.strip !== "" && node.matches(cut.strip);
	}
	/** Components count as blocks where they hold some. */
	function isBlock(element) {
		if (TEXT_BLOCKS.test(element.tagName) || WRAPPERS.test(element.tagName)) return true;
		return element.tagName.includes("-") && childrenOf(element).some((child) => isElementBlock(child));
	}
	function isElementBlock(node) {
		return isElement(node) && isBlock(node);
	}
	/**
	* Whether an element only holds the blocks of the text. One with a single block of code is that
	* block with its frame: what names its language is in there, too.
	*/
	function isWrapper(element) {
		if (TEXT_BLOCKS.test(element.tagName) || element.matches(CODE)) return false;
		const children = childrenOf(element).filter((node) => isElement(node) || node.textContent?.trim());
		const code = children.filter((node) => isElement(node) && holdsCode(node));
		const text = children.filter((node) => isElement(node) && TEXT_BLOCKS.test(node.tagName) && !node.matches(CODE));
		return !(code.length === 1 && text.length === 0 && children.length > 1);
	}
	function holdsCode(element) {
		return element.matches(CODE) || element.querySelector(CODE) !== null;
	}
	/** The children as they are shown: those of an open shadow root, those put into a slot. */
	function childrenOf(node) {
		if (isElement(node) && node.tagName === "SLOT") {
			const put = node.assignedNodes();
			if (put.length > 0) return put;
		}
		return [...((isElement(node) ? node.shadowRoot : null) ?? node).childNodes];
	}
	/** The HTML of a block, without what is no part of the text. */
	function htmlOf(block, cut, without) {
		return block.map((node) => htmlOfNode(node, cut, without)).join("");
	}
	function htmlOfNode(node, cut, without) {
		if (!isElement(node)) return escaped(node.textContent ?? "");
		if (rootsOf(node.ownerDocument).size === 1 && without.size === 0 && !(cut.strip && node.querySelector(cut.strip)) && !(cut.label && node.querySelector(cut.label))) return node.outerHTML;
		const copy = copyOf(node, cut, without);
		if (cut.label) moveLabels(copy, cut.label);
		return copy.outerHTML;
	}
	function escaped(text) {
		return text.replace(/[&<>]/g, (c) => c === "&" ? "&amp;" : c === "<" ? "&lt;" : "&gt;");
	}
	/** A copy with what shadow roots show in its place. */
	function copyOf(element, cut, without) {
		const copy = element.cloneNode(false);
		const open = [[element, copy]];
		for (let next = open.pop(); next; next = open.pop()) {
			const [from, to] = next;
			for (const child of childrenOf(from)) {
				if (isLeftOut(child, cut, without)) continue;
				const made = child.cloneNode(false);
				to.appendChild(made);
				open.push([child, made]);
			}
		}
		return copy;
	}
	/** Puts the language that a label names where the decoder looks for it, and takes the label away. */
	function moveLabels(copy, selector) {
		for (const label of copy.querySelectorAll(selector)) {
			const name = label.textContent?.trim().toLowerCase() ?? "";
			let around = label.closest(CODE) ?? label.parentElement;
			while (around && !around.matches(CODE) && !around.querySelector(CODE)) around = around.parentElement;
			const code = around?.matches(CODE) ? around : around?.querySelector(CODE);
			if (name && !/\s/.test(name)) code?.setAttribute("data-language", name);
			label.remove();
		}
	}
	// src/runner/dom.ts
	/** While this much waits for the gateway, only the newest state of a block is worth sending. */
	var ENOUGH_UNACKED$1 = 1 << 20;
	/** A block longer than this is sent again only once it has grown by a sixteenth. */
	var LONG_BLOCK = 32768;
	/** Attributes that say something of the text; pages that draw it anew change them in place. */
	var TELLING = [
		"href",
		"src",
		"alt",
		"title",
		"class",
		"start",
		"checked",
		"data-math",
		"hidden"
	];
	var NOTHING = /* @__PURE__ */ new Set();
	var AnswerWatcher = class {
		adapter;
		sink;
		failed;
		sides;
		before;
		observer = new MutationObserver((changes) => this.guard(() => {
			this.forget(changes);
			this.read(false);
		}));
		watched = /* @__PURE__ */ new WeakSet();
		fresh;
		cut;
		parts;
		/** What was sent, for each choice of its text and of its reasoning. */
		sent = /* @__PURE__ */ new Map();
		/** HTML of elements in which nothing has changed since. */
		html = /* @__PURE__ */ new WeakMap();
		unfolded = /* @__PURE__ */ new WeakSet();
		stale = false;
		/** When something last changed, by `performance.now`. */
		changedAt = performance.now();
		/** Watches for the answers after those that the page shows now; `sides` of them at once. */
		constructor(adapter, sink, failed, sides = 1, before) {
			this.adapter = adapter;
			this.sink = sink;
			this.failed = failed;
			this.sides = sides;
			this.before = before;
			this.fresh = new FreshAnswers(adapter, before);
			const spec = adapter.answer.kind === "dom" ? adapter.answer : null;
			const strip = [...spec?.strip ?? [], ...spec?.icons ?? []].join(",");
			this.cut = {
				strip,
				label: spec?.code_label ?? ""
			};
			this.parts = spec?.blocks ?? "";
		}
		start() {
			this.guard(() => this.read(false));
		}
		stop() {
			this.observer.disconnect();
		}
		/** Whether an answer is there that was not there before. */
		get began() {
			return this.fresh.now().length > 0;
		}
		/** Whether anything of an answer was there to be sent. */
		get hasSent() {
			return [...this.sent.values()].some((blocks) => blocks.length > 0);
		}
		/** The gateway took something: what was held back may go. */
		acked() {
			if (this.stale) this.guard(() => this.read(false));
		}
		/** The answer is complete: every block is closed. */
		finish() {
			this.html = /* @__PURE__ */ new WeakMap();
			this.read(true);
			this.stop();
		}
		read(last) {
			this.watchRoots(document);
			this.toTheEnd();
			this.stale = !last && this.sink.unacked > ENOUGH_UNACKED$1;
			if (this.stale) return;
			const fresh = this.fresh.now();
			(this.sides > 1 ? fresh.slice(0, this.sides) : fresh.slice(-1)).forEach((answer, choice) => this.readAnswer(answer, choice, last));
		}
		readAnswer(answer, choice, last) {
			if (answer.ownerDocument !== document) this.watchRoots(answer.ownerDocument);
			this.unfold(answer);
			const { locators } = this.adapter;
			const bodies = locators.answer_body ?? [];
			const body = bodies.length > 0 ? every(this.adapter, bodies, answer).at(-1) : answer;
			const thoughts = every(this.adapter, locators.thought ?? [], answer).filter((thought) => !body || !holdsDeep(thought, body));
			if (thoughts.length > 0) {
				const blocks = thoughts.flatMap((thought) => blocksOf(thought, this.cut, NOTHING));
				this.send(blocks, NOTHING, choice, true, last);
			}
			if (!body) return;
			const without = new Set(thoughts);
			const parts = this.parts ? every(this.adapter, [{ css: this.parts }], body) : [];
			const blocks = (parts.length > 0 ? parts : [body]).flatMap((text) => blocksOf(text, this.cut, without));
			this.send(blocks, without, choice, false, last);
		}
		send(blocks, without, choice, thought, last) {
			const key = `${choice} ${thought}`;
			const sent = this.sent.get(key) ?? [];
			this.sent.set(key, sent);
			if (blocks.length < sent.length) {
				sent.length = blocks.length;
				const end = sent.at(-1);
				if (end) this.push({
					...end,
					closed: false
				}, sent.length - 1, choice, thought);
				if (end) end.closed = false;
			}
			blocks.forEach((nodes, block) => {
				const html = this.htmlOf(nodes, without);
				const closed = last || block < blocks.length - 1;
				const known = sent[block];
				if (known?.html === html && known.closed === closed) return;
				this.changedAt = performance.now();
				if (known && html.length > LONG_BLOCK && html.length * 16 < known.html.length * 17 && !closed && !known.closed && html.length >= known.html.length) return;
				sent[block] = {
					html,
					closed
				};
				this.push({
					html,
					closed
				}, block, choice, thought);
			});
		}
		push({ html, closed }, block, choice, thought) {
			this.sink.push({
				kind: "dom",
				block,
				html,
				closed,
				thought,
				choice
			});
		}
		htmlOf(block, without) {
			const [only] = block;
			if (block.length > 1 || !only || !isElement(only)) return htmlOf(block, this.cut, without);
			const known = this.html.get(only);
			if (known !== void 0) return known;
			const html = htmlOf(block, this.cut, without);
			this.html.set(only, html);
			return html;
		}
		/** Elements in which something changed are written anew. */
		forget(changes) {
			const seen = /* @__PURE__ */ new Set();
			for (const { target } of changes) {
				let node = target;
				while (node && !seen.has(node)) {
					seen.add(node);
					this.html.delete(node);
					node = node.parentNode ?? ownerOf(node);
				}
			}
		}
		watchRoots(document) {
			for (const root of rootsOf(document)) {
				if (this.watched.has(root)) continue;
				this.watched.add(root);
				this.observer.observe(root, {
					subtree: true,
					childList: true,
					characterData: true,
					attributeFilter: TELLING
				});
			}
		}
		/** A list that keeps only what is in view shows its end only there. */
		toTheEnd() {
			const scroller = byRole(this.adapter, "scroller");
			if (!scroller) return;
			const end = scroller.scrollHeight - scroller.clientHeight;
			if (end - scroller.scrollTop > 1) scroller.scrollTop = end;
		}
		/** Reasoning that is folded away is not in the page. */
		unfold(answer) {
			if (this.before) return;
			const [toggle] = every(this.adapter, this.adapter.locators.thought_toggle ?? [], answer);
			if (!toggle || this.unfolded.has(answer)) return;
			this.unfolded.add(answer);
			if (toggle.getAttribute("aria-expanded") !== "true") toggle.click();
		}
		guard(action) {
			try {
				action();
			} catch (error) {
				this.failed(error);
			}
		}
	};
	// src/runner/media.ts
	/** The most bytes of one of them. */
	var MAX_BYTES = 32 << 20;
	/** The most of one answer: their number is one byte. */
	var MAX_COUNT = 255;
	/** A longer address is no use to anybody. */
	var MAX_ADDRESS = 8192;
	/** No more waits for the gateway than this. */
	var ENOUGH_UNACKED = 4 << 20;
	/** The media of the new answers, each address once. */
	function mediaIn(adapter, fresh) {
		const found = [];
		fresh.forEach((answer, choice) => {
			const seen = /* @__PURE__ */ new Set();
			for (const { kind, at, attribute } of adapter.media ?? []) for (const element of all(adapter, at, answer)) {
				const address = addressOf(element, attribute);
				if (!address || seen.has(address)) continue;
				seen.add(address);
				found.push({
					address,
					name: nameOf(element, address),
					choice,
					kind
				});
			}
		});
		return found;
	}
	function addressOf(element, attribute) {
		const value = element.getAttribute(attribute)?.trim();
		try {
			return value ? new URL(value, document.baseURI).href : null;
		} catch {
			return null;
		}
	}
	function nameOf(element, address) {
		const name = [
			"download",
			"alt",
			"aria-label",
			"title"
		].map((name) => element.getAttribute(name)).find((one) => one?.trim());
		const last = /^https?:/.test(address) ? new URL(address).pathname.split("/").at(-1) ?? "" : "";
		return (name ?? last).replace(/\s+/g, " ").trim().slice(0, 200);
	}
	/** Fetches and relays them, one after the other. What the page may show and not read goes by its address. */
	async function relayMedia(act, outbox, found) {
		for (const [index, { address, name, choice, kind }] of found.slice(0, MAX_COUNT).entries()) {
			const stream = index + 1;
			const read = await fetched(act, address);
			if (!read) {
				const unread = /^https?:/.test(address) && address.length <= MAX_ADDRESS ? address : "";
				outbox.push({
					kind: "media",
					stream,
					mime: `${kind}/*`,
					name,
					size: 0,
					choice,
					unread
				});
				continue;
			}
			const { mime, bytes } = read;
			outbox.push({
				kind: "media",
				stream,
				mime,
				name,
				size: bytes.length,
				choice
			});
			for (let at = 0; at < bytes.length; at += MAX_PAYLOAD_BYTES) {
				await room(act, outbox);
				const piece = bytes.subarray(at, at + MAX_PAYLOAD_BYTES);
				outbox.push({
					kind: "media_bytes",
					stream,
					bytes: piece
				});
			}
		}
	}
	/** Waits until the gateway has taken enough for more to be kept. */
	async function room(act, outbox) {
		if (outbox.unacked < ENOUGH_UNACKED) return;
		await act.until(() => outbox.unacked < ENOUGH_UNACKED, act.job.total_ms);
	}
	/** Null where the page cannot have it: another origin's, gone, too large. */
	async function fetched(act, address) {
		const { signal } = act;
		try {
			const response = await fetch(address, {
				credentials: "include",
				signal
			});
			if (!response.ok) return null;
			return {
				mime: (response.headers.get("content-type") ?? "").split(";")[0]?.trim() || "application/octet-stream",
				bytes: await wholeOf(response)
			};
		} catch {
			signal.throwIfAborted();
			return null;
		}
	}
	async function wholeOf(response) {
		const reader = response.body?.getReader();
		const pieces = [];
		let size = 0;
		for (;;) {
			const { done, value } = await reader?.read() ?? {
				done: true,
				value: void 0
			};
			if (done || !value) break;
			size += value.length;
			if (size > MAX_BYTES) {
				await reader?.cancel();
				throw new Error(`more than ${MAX_BYTES} bytes`);
			}
			pieces.push(value);
		}
		const whole = new Uint8Array(size);
		let at = 0;
		for (const piece of pieces) {
			whole.set(piece, at);
			at += piece.length;
		}
		return whole;
	}
	// src/runner/harvest.ts
	/** A page that was opened in the middle of an answer may stand still before it goes on. */
	var STILL_MS = 3e3;
	/** A page whose chat has no address of its own shows it again by itself or not at all. */
	var BY_ITSELF_MS = 5e3;
	var Reading = class {
		stage;
		adapter;
		harvest;
		at;
		outbox;
		end = new AbortController();
		act;
		watcher = null;
		accepted = true;
		constructor(stage, adapter, harvest, at, outbox) {
			this.stage = stage;
			this.adapter = adapter;
			this.harvest = harvest;
			this.at = at;
			this.outbox = outbox;
			this.act = new Act(stage, adapter, asJob(harvest), this.end.signal);
		}
		cancel() {
			this.end.abort(new Cancelled());
		}
		yield() {
			this.end.abort(new Fault(failure("human_busy", "A person uses the composer of this tab.")));
		}
		leave() {
			this.end.abort(new Fault(failure("lane_lost", "The extension left the page.")));
		}
		/** A page that goes takes this with it. */
		leaving() {}
		acked() {
			this.watcher?.acked();
			this.stage.changes.notify();
		}
		async run() {
			try {
				await this.read();
				return {
					kind: "done",
					cancelled: false
				};
			} catch (error) {
				if (error instanceof Cancelled) return {
					kind: "done",
					cancelled: true
				};
				return {
					kind: "failed",
					accepted: true,
					failure: faultOf(error).failure
				};
			} finally {
				this.watcher?.stop();
			}
		}
		async read() {
			const left = this.act.left();
			const patience = this.hasAddress() ? left : Math.min(left, BY_ITSELF_MS);
			if (!await this.act.until(() => this.isThere(), patience)) throw new Fault(failure("answer_lost", "The conversation does not show the answer."));
			const others = answers(this.adapter).slice(0, -1);
			const failed = (error) => this.end.abort(faultOf(error));
			const watcher = new AnswerWatcher(this.adapter, this.outbox, failed, 1, others);
			this.watcher = watcher;
			watcher.start();
			const whole = () => watcher.began && this.isThere() && showsDone(this.adapter) && performance.now() - watcher.changedAt > STILL_MS;
			if (!await this.act.until(whole, this.harvest.total_ms)) throw new Fault(failure("answer_lost", "The answer did not come to its end."));
			watcher.finish();
			await relayMedia(this.act, this.outbox, mediaIn(this.adapter, answers(this.adapter).slice(-1)));
		}
		/** Whether the conversation has an address that is not the one of a new chat. */
		hasAddress() {
			const { href } = new URL(this.adapter.page.start, location.origin);
			return new URL(this.at.place, location.origin).href !== href;
		}
		/** Whether the last answer is the turn's: below its prompt, and one more than there were. */
		isThere() {
			const known = hindrance(this.adapter);
			if (known) throw new Fault(known);
			const shown = answers(this.adapter);
			const last = shown.at(-1);
			if (!last) return false;
			const { question, scroller } = this.adapter.locators;
			if (!scroller?.length && shown.length !== this.at.before + 1) return false;
			if (!question?.length) return !scroller?.length && saysSome(last, this.adapter);
			const asked = every(this.adapter, question).at(-1);
			if (!asked || printOf(asked.textContent ?? "") !== this.at.print) return false;
			return (asked.compareDocumentPosition(last) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0 && saysSome(last, this.adapter);
		}
	};
	/** Whether there is something to read, or something is being written. */
	function saysSome(answer, adapter) {
		return answer.querySelector("img, video, canvas") !== null || lettersOf(answer.textContent ?? "") !== "" || stopShows(adapter);
	}
	/** A turn without a prompt: it has the same deadlines. */
	function asJob({ job, lane, site, accept_ms, total_ms }) {
		return {
			job,
			lane,
			site,
			prompt: "",
			conversation: "continue",
			settings: {},
			files: [],
			accept_ms,
			total_ms
		};
	}
	// src/runner/connected.ts
	/** A page opens another socket only a moment after it has closed the last: open for so long, it stays. */
	var STEADY_MS$1 = 400;
	/** A page without one for this long is used as it is: it may know another way. */
	var MOST_MS = 8e3;
	/** Waits until a standing socket of the adapter's taps is open, and stays so. */
	async function connected(act) {
		const { adapter, stage } = act;
		const standing = (adapter.tap ?? []).filter(({ standing, transport }) => standing && transport === "websocket");
		if (standing.length === 0) return;
		const open = /* @__PURE__ */ new Set();
		let since = performance.now();
		await stage.tapped.arm(standing, "", (message) => {
			if (message.k === "open") open.add(message.stream);
			else if (message.k === "close") open.delete(message.stream);
			else return;
			since = performance.now();
			stage.changes.notify();
		});
		const steady = () => open.size > 0 && performance.now() - since >= STEADY_MS$1;
		await act.until(steady, Math.min(MOST_MS, act.left()));
		await stage.tapped.disarm();
	}
	// src/runner/done.ts
	/** How long a page without a stream of its own must look finished. */
	var SETTLED_MS$1 = 300;
	/** How long a page may look finished while a stream of the turn is still open. */
	var OPEN_STREAM_MS = 2e3;
	/**
	* How long an answer must be silent where nothing on the page says that it is done, or where it says so
	* and shows none: a busy machine draws late.
	*/
	var SILENT_MS = 3e3;
	/** What is known of a turn's answer. */
	var Progress = class {
		adapter;
		/** Something of the answer was seen: Stop, a stream of the turn, a new answer. */
		started = false;
		/** When the tap was last heard, by `performance.now`. */
		lastHeard = 0;
		watcher = null;
		ownOpened = false;
		open = /* @__PURE__ */ new Set();
		constructor(adapter) {
			this.adapter = adapter;
		}
		/** A stream of the turn itself was opened. */
		opened(stream) {
			this.ownOpened = true;
			this.open.add(stream);
		}
		closed(stream) {
			this.open.delete(stream);
		}
		/**
		* A page looks finished before it has begun, too: done counts once Stop, a stream of the turn or a
		* new answer was seen, and once the streams of the turn have ended or the page stays as it is.
		*/
		doneCheck() {
			let since = Infinity;
			const blind = !this.adapter.signals.done?.length && !this.adapter.locators.stop;
			return () => {
				this.started ||= this.ownOpened || this.watcher?.began === true || stopShows(this.adapter);
				const now = performance.now();
				if (!this.started || !showsDone(this.adapter)) {
					since = Infinity;
					return false;
				}
				since = Math.min(since, now);
				if (this.ownOpened && this.open.size === 0) return true;
				const changedAt = this.watcher?.changedAt ?? 0;
				if (blind) return now - Math.max(this.lastHeard, changedAt) > SILENT_MS;
				if (this.showsNone()) return now - since >= SILENT_MS;
				return now - since >= (this.open.size > 0 ? OPEN_STREAM_MS : SETTLED_MS$1);
			};
		}
		/** Whether the answer is to be read off the page, and nothing of it was there yet. */
		showsNone() {
			return this.adapter.answer.kind === "dom" && this.watcher?.hasSent === false;
		}
	};
	// src/runner/choose.ts
	var MEMORY = "model";
	/** How long the page may take to show another model. */
	var SHOWN_MS$5 = 5e3;
	/** Chooses the job's model, the page's own where the job names none; whether the page had to be told. */
	async function chooseModel(act, labels) {
		const { adapter, job, stage } = act;
		const select = adapter.models.select;
		if (!select) return false;
		if (select.kind === "query") {
			if (job.model !== void 0) await verify(act, labels, job.model);
			return false;
		}
		const { memory } = stage;
		const before = memory.get(MEMORY);
		const wanted = job.model ?? before;
		if (wanted === void 0) return false;
		const own = current(act);
		if (job.model !== void 0 && own) memory.keep(MEMORY, own);
		const chose = !isCurrent(act, labels, wanted);
		if (chose) await pick(act, labels, wanted);
		if (job.model === void 0 || plain$1(memory.get(MEMORY) ?? "") === plain$1(labelFor(labels, wanted))) memory.forget(MEMORY);
		return chose;
	}
	async function pick(act, labels, wanted) {
		const { adapter, stage, signal } = act;
		await act.until(() => byRole(adapter, "model_menu"), Math.min(SHOWN_MS$5, act.left()));
		const items = await openMenu(adapter, stage.changes, signal);
		signal.throwIfAborted();
		if (items.length === 0) throw act.missing(byRole(adapter, "model_menu") ? "model_item" : "model_menu");
		const label = labelFor(labels, wanted);
		const item = items.find((one) => shows$1(one, label)) ?? items.find((one) => shows$1(one, wanted));
		if (!item) {
			closeMenu(adapter);
			throw refused$3(wanted, "is not in the page’s menu");
		}
		pressOn(item);
		if (adapter.locators.model_current) await verify(act, labels, wanted);
		const open = () => items.some((one) => one.isConnected && isVisible(one));
		if (!await act.until(() => !open(), 500)) closeMenu(adapter);
	}
	async function verify(act, labels, wanted) {
		if (!act.adapter.locators.model_current) return;
		if (!await act.until(() => isCurrent(act, labels, wanted), Math.min(SHOWN_MS$5, act.left()))) {
			closeMenu(act.adapter);
			throw refused$3(wanted, "was chosen, and the page does not show it");
		}
	}
	/** What the page shows as chosen. */
	function current({ adapter }) {
		const element = byRole(adapter, "model_current");
		if (element instanceof HTMLInputElement) return element.value;
		return element ? labelOf(element) : "";
	}
	/** The longest known label that the page shows is the chosen one: `4o mini` shows `4o`, too. */
	function isCurrent({ adapter }, labels, wanted) {
		const element = byRole(adapter, "model_current");
		if (!element) return false;
		const label = plain$1(labelFor(labels, wanted));
		const text = plain$1(stateOf(element));
		return [label, ...[...labels.values()].map(plain$1)].filter((one) => text.includes(one)).sort((a, b) => b.length - a.length)[0] === label;
	}
	function labelFor(labels, name) {
		return labels.get(name) ?? name;
	}
	function refused$3(model, why) {
		return new Fault(failure("choice_refused", `The model \`${model}\` ${why}.`));
	}
	// src/runner/files.ts
	/** How long a page may take to make its field, also once what hides it was opened. */
	var FIELD_MS = 2e3;
	/** How long a page may take to show that it took a file at all, before another way is tried. */
	var REACTION_MS = 4e3;
	/** Adds the job's files to the prompt. Throws when the page did not take one. */
	async function attachFiles(act, files) {
		if (files.length === 0) return;
		const offer = act.adapter.files;
		if (!offer) throw refused$2("The adapter names no way for files.");
		const shown = new Shown(act);
		const end = await act.stage.pickers.keepClosed();
		try {
			let ways = offer.by;
			for (const some of batches(act, files)) ways = [await attach(act, some, ways, shown)];
			await settled(act, shown);
		} finally {
			end();
			shown.stop();
		}
	}
	/** A field for one file gets one after the other; pages that take several show them one by one. */
	function batches({ adapter }, files) {
		return byRole(adapter, "file_input")?.multiple === true ? [files] : files.map((file) => [file]);
	}
	/** Adds files by the first way that the page takes; which it was. */
	async function attach(act, files, ways, shown) {
		for (const way of ways) {
			act.signal.throwIfAborted();
			const before = shown.count();
			if (!await (way === "input" ? intoField(act, files) : onto(act, way, files))) continue;
			if (!await act.until(() => shown.trouble() !== null || shown.count() > before || shown.isBusy(), Math.min(REACTION_MS, act.left())) && !shown.isBlind) continue;
			const most = Math.min(act.adapter.files?.wait_ms ?? REACTION_MS, act.left());
			const whole = () => shown.trouble() !== null || shown.count() >= before + files.length;
			const took = shown.isBlind || await act.until(whole, most);
			shown.throwTrouble();
			if (took) return way;
			break;
		}
		throw refused$2(`The page did not take ${files.map(({ name }) => name).join(", ")}.`);
	}
	/** Into the page's field, which some pages make only when asked for it. */
	async function intoField(act, files) {
		const { adapter } = act;
		const find = () => {
			const found = byRole(adapter, "file_input") ?? act.stage.pickers.lastField();
			return found?.type === "file" ? found : null;
		};
		let field = find();
		const opener = byRole(adapter, "attach");
		if (!field) {
			if (opener) pressOn(opener);
			field = await act.until(find, Math.min(FIELD_MS, act.left()));
		}
		if (!field) return false;
		field.files = carrying(files).files;
		for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, {
			bubbles: true,
			composed: true
		}));
		leaveOverlay(opener);
		return true;
	}
	function onto(act, way, files) {
		const composer = byRole(act.adapter, "composer");
		const target = way === "drop" ? byRole(act.adapter, "drop_zone") ?? composer : composer;
		if (!target) return false;
		const init = {
			bubbles: true,
			cancelable: true,
			composed: true
		};
		if (way === "paste") {
			target.focus({ preventScroll: true });
			target.dispatchEvent(pasting(files, init));
			return true;
		}
		const dataTransfer = carrying(files);
		for (const type of [
			"dragenter",
			"dragover",
			"drop"
		]) target.dispatchEvent(new DragEvent(type, {
			...init,
			dataTransfer
		}));
		return true;
	}
	/** Firefox takes no data that was made before the event: it is put into the event's own. */
	function pasting(files, init) {
		const event = new ClipboardEvent("paste", init);
		const own = event;
		for (const file of files) own.wrappedJSObject.clipboardData?.items.add(file);
		return event;
	}
	/**
	* Files as a person's drop or paste carries them. Firefox lets a page read only what was put in with
	* the page's own rights: there its own constructor and methods are called, which have them.
	*/
	function carrying(files) {
		const { DataTransfer: Carrier } = window.wrappedJSObject;
		const data = new Carrier();
		for (const file of files) data.items.add(file);
		return data;
	}
	/** The page has taken all, and nothing is under way any more. */
	async function settled(act, shown) {
		const most = Math.min(act.adapter.files?.wait_ms ?? REACTION_MS, act.left());
		const rests = await act.until(() => shown.trouble() !== null || !shown.isBusy(), most);
		shown.throwTrouble();
		if (!rests) throw refused$2("The page did not finish taking the files.");
	}
	/** What the page shows of files. */
	var Shown = class {
		act;
		uploads = 0;
		failed = 0;
		before;
		oldTrouble;
		undo;
		watchesUploads;
		constructor(act) {
			this.act = act;
			const { adapter, stage } = act;
			this.watchesUploads = (adapter.tap ?? []).some(({ purpose }) => purpose === "upload");
			this.before = this.previews();
			this.oldTrouble = this.words();
			this.undo = stage.tapped.onNoticed(({ tap, status }) => {
				if (tap.purpose !== "upload") return;
				if (status >= 200 && status < 300) this.uploads += 1;
				else this.failed = status;
				stage.changes.notify();
			});
		}
		stop() {
			this.undo();
		}
		/** The adapter names nothing by which a taken file could be seen. */
		get isBlind() {
			return !this.act.adapter.locators.attach_preview && !this.watchesUploads;
		}
		/** Files that the page has taken since the beginning. */
		count() {
			const previews = this.previews() - this.before;
			return this.act.adapter.locators.attach_preview ? previews : this.uploads;
		}
		isBusy() {
			return every(this.act.adapter, this.act.adapter.locators.attach_busy ?? []).some(isVisible);
		}
		/** What the page says against a file; null for nothing. */
		trouble() {
			if (this.failed > 0) return "";
			const words = this.words();
			return words === this.oldTrouble ? null : words;
		}
		throwTrouble() {
			const words = this.trouble();
			if (words === null) return;
			throw refused$2((this.failed > 0 ? `The upload failed with status ${this.failed}.` : "") || "The page refused a file.", words);
		}
		previews() {
			return every(this.act.adapter, this.act.adapter.locators.attach_preview ?? []).filter(isVisible).length;
		}
		words() {
			const shown = every(this.act.adapter, this.act.adapter.locators.attach_error ?? []).find(isVisible);
			return shown ? (shown.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, 500) : null;
		}
	};
	function refused$2(message, words = "") {
		return new Fault(failure("file_refused", message, { site_words: words }));
	}
	// src/runner/overlays.ts
	/** How long an overlay may take to go once it was closed. */
	var GONE_MS$1 = 2e3;
	/** In an overlay of an agreement, a sign-in or a challenge. */
	var BINDING = "input[type=checkbox],[role=checkbox],[role=switch],input[type=password],form[method=post],form[method=POST],iframe";
	/** Words of agreements and checks in the languages of the browsers that most people have. */
	var AGREEING = /\b(agree|accept|consent|allow|terms|privacy|cookies?|gdpr|captcha|robot|human|verify|password|purchase|subscribe|upgrade|pay|akzeptier\w*|zustimm\w*|einverstanden|einwillig\w*|datenschutz|nutzungsbedingungen|accepter|j.accepte|consentement|conditions|confidentialit\w*|acept(o|ar)|t[eé]rminos|privacidad|aceitar|concordo|accett\w*|acconsent\w*|termini|akkoord|zgadzam|akceptuj\w*)\b|соглас|принять|услови|конфиденциальн|同意|接受|许可|許可|条款|條款|隐私|隱私|利用規約|プライバシー|동의|약관|개인정보/i;
	/** Closes what covers the page, unless the page is hindered: then its human must look first. */
	async function closeOverlays(adapter, until) {
		for (const { shown, close } of adapter.overlays ?? []) {
			const overlay = first(adapter, [shown]);
			if (!overlay || !isVisible(overlay) || hindrance(adapter)) continue;
			const button = first(adapter, [close]);
			if (!button || !mayPress(overlay, button)) continue;
			button.click();
			await until(() => !covers(adapter, shown), GONE_MS$1);
		}
	}
	function covers(adapter, shown) {
		const overlay = first(adapter, [shown]);
		return overlay !== null && isVisible(overlay);
	}
	/** Whether pressing it closes something and agrees to nothing. */
	function mayPress(overlay, button) {
		if (!isVisible(button) || !isEnabled(button)) return false;
		const around = button.closest("[role=dialog],[role=alertdialog],dialog,form") ?? overlay;
		const looked = [overlay, around].flatMap(scopesOf);
		if ([overlay, around].some((one) => one.matches(BINDING))) return false;
		if (looked.some((one) => one.querySelector(BINDING))) return false;
		return ![nameOf$1(button), ...looked.map(wordsIn)].some((words) => AGREEING.test(words));
	}
	/** An element and the open shadow roots in it. */
	function scopesOf(element) {
		return [element, ...[...rootsOf(element.ownerDocument)].filter(({ host }) => host && holdsDeep(element, host))];
	}
	/** Its words, apart from each other also where only elements part them. */
	function wordsIn(scope) {
		const words = [];
		const texts = scope.ownerDocument.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
		while (texts.nextNode()) words.push(texts.currentNode.textContent ?? "");
		return words.join(" ");
	}
	// src/runner/controls.ts
	/** The control cannot take a value; the words say why. */
	var Unfit = class extends Error {};
	/** How long a page may take to show what was set. */
	var SHOWN_MS$4 = 2e3;
	/** Steps of a slider's keys after which it is given up. */
	var MAX_STEPS = 2e3;
	/** Chips are not here: they are several values, see chips.ts. */
	var CONTROLS = {
		number: {
			read: valueOf,
			write: writeNumber
		},
		slider: {
			read: positionOf,
			write: writeSlider
		},
		text: {
			read: textOf$1,
			write: writeText
		},
		toggle: {
			read: (element) => isOn(element) ? "on" : "off",
			write: writeToggle
		},
		select: {
			read: chosenOf,
			write: writeSelect
		}
	};
	function valueOf(element) {
		return element.value ?? textOf$1(element);
	}
	/** Types a text into a field, as into a composer. */
	function fill(element, text) {
		const [way] = waysFor("value" in element ? "textarea" : "contenteditable");
		for (const step of way?.(text) ?? []) step(element);
		element.blur();
	}
	async function writeNumber(element, value, until) {
		const wanted = numberIn(value);
		const { min, max } = element;
		within(wanted, min, max);
		fill(element, value);
		if (!await until(() => Number(valueOf(element)) === wanted, SHOWN_MS$4)) throw new Unfit(`shows ${valueOf(element)} in place of ${value}`);
	}
	function numberIn(value) {
		const number = Number(value);
		if (value.trim() === "" || !Number.isFinite(number)) throw new Unfit(`takes numbers, not ${value}`);
		return number;
	}
	function within(value, min, max) {
		if (min && value < Number(min) || max && value > Number(max)) throw new Unfit(`takes ${min || "any"} to ${max || "any"}, not ${value}`);
	}
	function isRange(element) {
		return element.localName === "input" && element.type === "range";
	}
	function isSelect(element) {
		return element.localName === "select";
	}
	function positionOf(element) {
		return isRange(element) ? element.value : element.getAttribute("aria-valuenow") ?? "";
	}
	async function writeSlider(element, value, until) {
		const wanted = numberIn(value);
		if (isRange(element)) {
			within(wanted, element.min || "0", element.max || "100");
			fill(element, value);
			const step = Number(element.step) || 1;
			const near = () => Math.abs(Number(element.value) - wanted) <= step / 2 + 1e-9;
			if (!await until(near, SHOWN_MS$4)) throw new Unfit(`stays at ${element.value}`);
			return;
		}
		within(wanted, element.getAttribute("aria-valuemin"), element.getAttribute("aria-valuemax"));
		await stepTo(element, wanted, until);
	}
	/** Moves a slider by its keys to the step nearest to the value. */
	async function stepTo(element, wanted, until) {
		const now = () => Number(positionOf(element));
		element.focus({ preventScroll: true });
		for (let steps = 0; steps < MAX_STEPS; steps++) {
			const before = now();
			if (before === wanted) return;
			const key = before < wanted ? "ArrowRight" : "ArrowLeft";
			pressKey(element, key);
			if (!await until(() => now() !== before, SHOWN_MS$4)) break;
			if (!(before < wanted !== now() < wanted) || now() === wanted) continue;
			if (Math.abs(before - wanted) < Math.abs(now() - wanted)) {
				pressKey(element, key === "ArrowRight" ? "ArrowLeft" : "ArrowRight");
				await until(() => now() === before, SHOWN_MS$4);
			}
			return;
		}
		throw new Unfit(`stays at ${positionOf(element)}`);
	}
	async function writeText(element, value, until) {
		fill(element, value);
		if (!await until(() => holds$1(element, value), SHOWN_MS$4)) throw new Unfit("did not take the text");
	}
	/** Words that mean off; whatever else is asked of a switch means on. */
	var OFF = /* @__PURE__ */ new Set([
		"off",
		"false",
		"none",
		"minimal",
		"no",
		"0"
	]);
	var STATES = [
		"aria-checked",
		"aria-pressed",
		"aria-selected",
		"data-state"
	];
	/** Whether a switch says that it is on. */
	function isOn(element) {
		if (element.localName === "input") return element.checked;
		const state = STATES.map((name) => element.getAttribute(name)).find((one) => one !== null);
		return state === "true" || state === "on" || state === "checked" || state === "active";
	}
	/** Whether a switch says at all whether it is on. */
	function tellsState(element) {
		return element.localName === "input" || STATES.some((name) => element.hasAttribute(name));
	}
	async function writeToggle(element, value, until) {
		const wanted = !OFF.has(value.toLowerCase());
		if (isOn(element) === wanted) return;
		pressOn(element);
		if (!await until(() => isOn(element) === wanted, SHOWN_MS$4)) throw new Unfit(`stays ${wanted ? "off" : "on"}`);
	}
	function chosenOf(element) {
		if (!isSelect(element)) return labelShown(element);
		return element.selectedOptions[0]?.value ?? "";
	}
	/** What a list's button shows: its text, since its label often names the setting, not the choice. */
	function labelShown(element) {
		return (element.innerText ?? element.textContent ?? "").trim().split("\n")[0]?.trim() || labelOf(element);
	}
	var OPTIONS = "[role=option],[role=menuitemradio],[role=menuitem],[role=radio]";
	async function writeSelect(element, value, until) {
		if (isSelect(element)) return writeNative(element, value, until);
		if (plain$1(labelShown(element)) === plain$1(value)) return;
		pressOn(element);
		const options = () => [...document.querySelectorAll(OPTIONS)].filter(isVisible);
		const fits = (option) => shows$1(option, value) || option.getAttribute("data-value") === value;
		const option = await until(() => options().find(fits) ?? null, SHOWN_MS$4);
		if (!option) {
			const names = options().map(labelOf).slice(0, 20).join(", ");
			const open = options()[0];
			if (open) pressKey(open, "Escape");
			throw new Unfit(`takes ${names || "nothing"}, not ${value}`);
		}
		const label = plain$1(labelOf(option));
		const chosen = () => plain$1(element.textContent ?? "").includes(label) || option.getAttribute("aria-selected") === "true" || option.getAttribute("aria-checked") === "true";
		pressOn(option);
		if (!await until(chosen, SHOWN_MS$4)) throw new Unfit(`does not show ${value}`);
	}
	async function writeNative(select, value, until) {
		const options = [...select.options];
		const option = options.find((one) => one.value === value) ?? options.find((one) => plain$1(one.label) === plain$1(value));
		if (!option) throw new Unfit(`takes ${options.map(({ label }) => label).join(", ")}, not ${value}`);
		Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value")?.set?.call(select, option.value);
		for (const type of ["input", "change"]) select.dispatchEvent(new Event(type, { bubbles: true }));
		if (!await until(() => select.value === option.value, SHOWN_MS$4)) throw new Unfit(`does not show ${value}`);
	}
	// src/runner/chips.ts
	var SHOWN_MS$3 = 2e3;
	/** Adds each text; none stays of those that an earlier request added. */
	async function writeChips(field, texts, earlier, until) {
		for (const text of earlier.toReversed()) await takeOut(field, text, until);
		for (const text of texts) {
			const before = chipsOf(field, text).length;
			fill(field, text);
			pressKey(field, "Enter");
			const added = () => chipsOf(field, text).length > before;
			if (!await until(added, SHOWN_MS$3)) throw new Unfit(`did not take ${text}`);
		}
	}
	/** A chip shows its text and little else: a cross, a word for those who hear the page. */
	var ORNAMENT = 8;
	/** The innermost elements beside the field that show this text. */
	function chipsOf(field, text) {
		const area = field.parentElement?.parentElement ?? field.parentElement;
		const shows = (element) => {
			const shown = (element.textContent ?? "").trim();
			return shown.includes(text) && shown.length <= text.length + ORNAMENT;
		};
		return [...area?.querySelectorAll("*") ?? []].filter((one) => !one.contains(field) && shows(one)).filter((one) => ![...one.children].some(shows));
	}
	/** Removes a chip by its button, or, being the last, by Backspace. */
	async function takeOut(field, text, until) {
		const before = chipsOf(field, text);
		const chip = before.at(-1);
		if (!chip) return;
		const button = [chip, chip.parentElement].find((one) => one && !one.contains(field))?.querySelector("button,[role=button]");
		if (button) pressOn(button);
		else {
			field.focus({ preventScroll: true });
			pressKey(field, "Backspace");
		}
		const gone = () => chipsOf(field, text).length < before.length;
		if (!await until(gone, SHOWN_MS$3)) throw new Unfit(`still holds ${text}`);
	}
	// src/runner/parameters.ts
	/** How long a control may take to show, once what hides it was opened. */
	var OPEN_MS = 3e3;
	/** Sets what the job asks for, and puts back what an earlier one set. */
	async function setParameters(act) {
		const { adapter, job, stage } = act;
		for (const [name, control] of Object.entries(adapter.parameters ?? {})) {
			const parameter = name;
			const asked = job.settings[parameter];
			const before = stage.memory.get(parameter);
			if (!asked && before === void 0) continue;
			const element = await reach(act, control);
			if (!element) {
				if (!asked) continue;
				throw refused$1(parameter, first(adapter, control.at) ? "cannot be used now" : "is not on the page");
			}
			try {
				await put(act, parameter, control, element, asked, before);
			} catch (error) {
				throw error instanceof Unfit ? refused$1(parameter, error.message) : error;
			}
			leaveOverlay(element);
		}
	}
	async function put(act, parameter, control, element, asked, before) {
		const { memory } = act.stage;
		const until = (check, ms) => act.until(check, Math.min(ms, act.left()));
		if (control.kind === "chips") {
			await writeChips(element, [], before === void 0 ? [] : JSON.parse(before), until);
			memory.forget(parameter);
			if (!asked) return;
			memory.keep(parameter, JSON.stringify(asked));
			return writeChips(element, asked, [], until);
		}
		const { read, write } = CONTROLS[control.kind];
		if (asked) {
			memory.keep(parameter, read(element));
			return write(element, wordFor(control, asked), until);
		}
		await write(element, before ?? "", until);
		memory.forget(parameter);
	}
	/** The page's word for what is asked. */
	function wordFor(control, asked) {
		const value = asked.join("\n");
		return control.values?.[value] ?? value;
	}
	/** The control, opened first where the page hides it. */
	async function reach(act, control) {
		const shown = () => {
			const found = first(act.adapter, control.at);
			return found && isVisible(found) && isEnabled(found) ? found : null;
		};
		const there = shown();
		if (there) return there;
		const opener = control.open?.length ? first(act.adapter, control.open) : null;
		if (opener) pressOn(opener);
		return act.until(shown, Math.min(OPEN_MS, act.left()));
	}
	function refused$1(parameter, why) {
		return new Fault(failure("choice_refused", `The page’s control for ${parameter} ${why}.`, { locator: `parameters.${parameter}` }));
	}
	// src/runner/send.ts
	/**
	* Sends what is in the composer. Null once the page has taken it, else the locator that failed:
	* `send` where no button could be pressed, or an empty text.
	*/
	async function sendLadder(ladder) {
		const { adapter, changes, signal, prompt } = ladder;
		const isAccepted = acceptance(ladder);
		let missing = "";
		for (const step of adapter.send.by) {
			if (step === "click" || step === "pointer") {
				if (!await readyButton(ladder, isAccepted, step === adapter.send.by.at(-1))) {
					missing = "send";
					continue;
				}
			}
			signal.throwIfAborted();
			if (isAccepted()) return null;
			const composer = byRole(adapter, "composer");
			if (!composer || !nearlyHolds(composer, prompt)) break;
			perform$1(step, composer, adapter);
			missing = "";
			const proofMs = Math.min(adapter.send.proof_ms, ladder.left());
			if (await changes.until(isAccepted, proofMs, signal)) return null;
		}
		return await changes.until(isAccepted, Math.min(250, ladder.left()), signal) ? null : missing;
	}
	/**
	* The button appears, or becomes enabled, once the page has seen the text. A page that is not yet
	* connected may hold it back for longer; that is waited for where nothing else is left to try.
	*/
	async function readyButton({ adapter, changes, signal, left }, isAccepted, isLast) {
		const ready = () => isAccepted() || sendButton(adapter) !== null;
		if (await changes.until(ready, Math.min(adapter.send.proof_ms, left()), signal)) return true;
		const button = byRole(adapter, "send");
		return isLast && button && !isEnabled(button) ? changes.until(ready, left(), signal) : null;
	}
	/** The button, if a person could press it: what lies over it would get the press of a mouse. */
	function sendButton(adapter) {
		const button = byRole(adapter, "send");
		if (!button || !isEnabled(button)) return null;
		return isVisible(button) && isCovered(button) ? null : button;
	}
	function perform$1(step, composer, adapter) {
		if (step === "click") return sendButton(adapter)?.click();
		if (step === "pointer") {
			const button = sendButton(adapter);
			return button ? pressOn(button) : void 0;
		}
		composer.focus({ preventScroll: true });
		const keyed = {
			key: "Enter",
			code: "Enter",
			bubbles: true,
			cancelable: true,
			composed: true,
			ctrlKey: step === "ctrl_enter",
			metaKey: step === "meta_enter",
			keyCode: 13,
			which: 13
		};
		for (const type of [
			"keydown",
			"keypress",
			"keyup"
		]) composer.dispatchEvent(new KeyboardEvent(type, keyed));
	}
	/** Whether one of the adapter's proofs holds, against what the page shows now. */
	function acceptance({ adapter, tapAccepted }) {
		const path = location.pathname;
		const before = new Set(answers(adapter));
		const proofs = {
			tap_opened: tapAccepted,
			stop_visible: () => stopShows(adapter),
			composer_empty: () => {
				const composer = byRole(adapter, "composer");
				return composer !== null && isEmpty(composer);
			},
			url_changed: () => location.pathname !== path,
			answer_appeared: () => {
				const now = answers(adapter);
				return now.length > before.size && now.some((answer) => !before.has(answer));
			}
		};
		return () => adapter.send.accepted.some((proof) => proofs[proof]());
	}
	// src/runner/place.ts
	/** Path and query at which the job's chat begins. */
	function placeOf(adapter, job) {
		const mode = (adapter.modes ?? []).find(({ name }) => name === job.mode);
		const place = new URL(mode?.start ?? adapter.page.start, location.origin);
		const { select } = adapter.models;
		if (select?.kind === "query" && job.model !== void 0) place.searchParams.set(select.parameter, job.model);
		return place.pathname + place.search;
	}
	/** Whether the page is there: an earlier job's mode or model must not answer this one. */
	function isAt(adapter, job) {
		const place = new URL(placeOf(adapter, job), location.origin);
		if ((adapter.modes ?? []).length > 0 && place.pathname !== location.pathname) return false;
		const { select } = adapter.models;
		if (select?.kind !== "query") return true;
		return new URLSearchParams(location.search).get(select.parameter) === place.searchParams.get(select.parameter);
	}
	// src/runner/temporary.ts
	/** How long a page may take to show that its switch is on. */
	var SHOWN_MS$2 = 3e3;
	/** How long a switch without a state must be gone: a page that draws it anew lacks it for a moment. */
	var GONE_MS = 300;
	/** The switch, as a person would find it. */
	function temporarySwitch({ adapter }) {
		const found = byRole(adapter, "temporary_chat");
		return found && isVisible(found) && isEnabled(found) ? found : null;
	}
	/** Makes the new chat a temporary one, where the adapter asks for it; throws where it does not become one. */
	async function makeTemporary(act) {
		if (!act.adapter.temporary_chat) return;
		const toggle = await act.until(() => temporarySwitch(act));
		if (!toggle) throw act.missing("temporary_chat");
		if (isOn(toggle)) return;
		const told = tellsState(toggle);
		click(toggle);
		const on = () => {
			const now = temporarySwitch(act);
			return now ? isOn(now) : !told && byRole(act.adapter, "composer") !== null;
		};
		if (await act.until(on, Math.min(SHOWN_MS$2, act.left())) && (told || !await act.until(() => !on(), GONE_MS))) return;
		throw new Fault(failure("choice_refused", "The page does not show that its chat became a temporary one.", { locator: "temporary_chat" }));
	}
	// src/runner/start.ts
	/** How long a page may take to show a conversation that it was opened at. */
	var SHOWN_MS$1 = 15e3;
	/** How long it must show as many answers. */
	var STEADY_MS = 700;
	/**
	* Begins the chat that the job wants; whether the page has just begun it. `opened`: the page was opened
	* for it, so it shows a new one.
	*/
	async function startChat(act, opened) {
		const { job, stage } = act;
		if (job.place !== void 0) return openPlace(act, job.place, opened);
		if (job.after !== void 0) {
			if (!opened && !isWorn(act) && stage.standsAfter(job.after)) return false;
			throw new Fault(failure("conversation_lost", "The page does not show the conversation any more."));
		}
		if (job.conversation === "continue") return opened;
		const began = opened || await newChat(act);
		await makeTemporary(act);
		return began;
	}
	/** Opens the conversation that the job names; only where the page shows it is anything typed there. */
	async function openPlace(act, place, opened) {
		const { adapter, stage } = act;
		const isThere = () => location.pathname + location.search === place;
		if (!opened && (!isThere() || isWorn(act))) {
			stage.navigate(place);
			await act.until(() => false);
			throw new Fault(failure("not_started", "The page did not open the conversation."));
		}
		let count = 0;
		let since = performance.now();
		const isSteady = () => {
			const now = answers(adapter).length;
			if (now !== count) since = performance.now();
			count = now;
			return isThere() && count > 0 && performance.now() - since >= STEADY_MS;
		};
		if (!await act.until(isSteady, Math.min(SHOWN_MS$1, act.left()))) throw new Fault(failure("conversation_lost", "The page does not show the pinned conversation."));
		return opened;
	}
	/** Begins a new chat, unless the page shows one. */
	async function newChat(act) {
		const { adapter, job, stage } = act;
		const isFresh = () => answers(adapter).length === 0;
		const there = isAt(adapter, job);
		const switchable = !adapter.temporary_chat || temporarySwitch(act) !== null;
		if (there && isFresh() && switchable && !isWorn(act)) return false;
		if (adapter.new_chat === "navigate" || !there || isWorn(act)) {
			stage.navigate(placeOf(adapter, job));
			await act.until(() => false);
			throw new Fault(failure("not_started", "The page did not open its start path."));
		}
		await act.press("new_chat");
		if (adapter.locators.new_chat_confirm) {
			const confirm = () => byRole(adapter, "new_chat_confirm");
			await act.until(() => isFresh() || confirm());
			if (!isFresh()) click(confirm());
		}
		if (!await act.until(isFresh)) throw new Fault(failure("not_started", "The page did not begin a new chat."));
		return true;
	}
	/** Whether the page is to be opened anew first: it asks for it, or it has seen its number of turns. */
	function isWorn({ adapter, stage }) {
		const { reopen_after } = adapter.limits;
		return isOutdated(adapter) || reopen_after > 0 && stage.turnsBefore >= reopen_after;
	}
	// src/runner/stop.ts
	/** How long to look for Stop after a cancel, and between two presses. */
	var STOP_MS = 1e3;
	/** How long a stopped page may take to come to rest. */
	var REST_MS = 1e4;
	/**
	* Presses Stop, as often as the page shows it, until it rests. A page without Stop is opened anew: that
	* ends its streams, and nothing of the answer is in the way of the next turn.
	*/
	async function pressStop({ adapter, stage }, progress) {
		if (!adapter.locators.stop) return stage.reopen();
		const { changes } = stage;
		const done = progress.doneCheck();
		const deadline = performance.now() + REST_MS;
		const stop = () => {
			const element = byRole(adapter, "stop");
			return element && stopShows(adapter) && isEnabled(element) ? element : null;
		};
		while (performance.now() < deadline) {
			await closeOverlays(adapter, (check, ms) => changes.until(check, ms));
			const shown = await changes.until(() => stop() ?? done(), STOP_MS);
			progress.started ||= shown instanceof Element;
			if (shown instanceof Element) click(shown);
			else if (shown === true) return;
			if (await changes.until(done, STOP_MS)) return;
		}
	}
	// src/runner/tools.ts
	/** What the switch and the editor had. */
	var SWITCH = "tools.switch";
	var TEXT = "tools.text";
	/** How long a part of the dialog may take to show, or to go. */
	var SHOWN_MS = 3e3;
	/** Gives the page the job's tools, or puts back what it had. */
	async function setTools(act) {
		const dialog = act.adapter.tools;
		const { tools: asked } = act.job;
		const { memory } = act.stage;
		if (!dialog) {
			if (asked === void 0) return;
			throw refused("toggle", "is none that the adapter knows");
		}
		const own = memory.get(SWITCH);
		if (asked === void 0 && own === void 0) return;
		const hand = new Hand(act, dialog);
		const toggle = await hand.toggle();
		if (!toggle) {
			if (asked === void 0) return;
			throw refused("toggle", "is not on the page");
		}
		if (asked !== void 0) {
			memory.keep(SWITCH, isOn(toggle) ? "on" : "off");
			await hand.turn(toggle, "on");
			return hand.write(asked, (text) => memory.keep(TEXT, text));
		}
		const text = memory.get(TEXT);
		if (text !== void 0 && text !== "") {
			await hand.turn(toggle, "on");
			await hand.write(text, () => {});
		}
		await hand.turn(await hand.toggle() ?? toggle, own === "on" ? "on" : "off");
		memory.forget(TEXT);
		memory.forget(SWITCH);
	}
	/** What is done in the dialog. */
	var Hand = class {
		act;
		dialog;
		constructor(act, dialog) {
			this.act = act;
			this.dialog = dialog;
		}
		async toggle() {
			const { toggle, open } = this.dialog;
			const there = this.usable(toggle);
			if (there) return there;
			const opener = open?.length ? this.usable(open) : null;
			if (opener) pressOn(opener);
			return this.until(() => this.usable(toggle));
		}
		/** A page that was just loaded may not listen to its switch yet: it is pressed once more. */
		async turn(toggle, wanted, again = true) {
			try {
				await CONTROLS.toggle.write(toggle, wanted, (check, ms) => this.act.until(check, Math.min(ms, this.act.left())));
			} catch (error) {
				if (!(error instanceof Unfit)) throw error;
				if (!again) throw refused("toggle", error.message);
				await this.turn(await this.toggle() ?? toggle, wanted, false);
			}
		}
		/** Opens the dialog, writes the declarations, and sees that the page has taken them. */
		async write(text, before) {
			await this.press("edit");
			try {
				const editor = await this.editor();
				before(textOf$1(editor));
				if (!holds$1(editor, text)) this.act.stage.human.notHuman(() => fill(editor, text));
				if (!await this.until(() => this.holds(text))) throw refused("editor", "did not take the declarations");
				await this.press("save");
				const closed = () => !this.usable(this.dialog.editor) || this.complaint() !== null;
				if (!await this.until(closed)) throw refused("save", "leaves the dialog open");
				const words = this.complaint();
				if (words !== null) throw refused("error", "refused the declarations", words);
				if (!isOn(first(this.act.adapter, this.dialog.toggle))) throw refused("toggle", "went off again");
			} catch (error) {
				await this.leave();
				throw error;
			}
		}
		async editor() {
			const { editor, tab } = this.dialog;
			const shown = () => this.usable(editor);
			const there = await this.until(() => shown() ?? (tab?.length ? this.usable(tab) : null));
			if (there && !shown()) pressOn(there);
			const found = await this.until(shown);
			if (!found) throw refused("editor", "does not show");
			return found;
		}
		holds(text) {
			const editor = this.usable(this.dialog.editor);
			return editor !== null && holds$1(editor, text);
		}
		/** What the dialog says against the declarations. */
		complaint() {
			const { error } = this.dialog;
			const shown = error?.length ? first(this.act.adapter, error) : null;
			if (!shown || !isVisible(shown)) return null;
			const words = (shown.textContent ?? "").trim();
			return words === "" ? null : words.slice(0, 500);
		}
		async press(what) {
			const button = await this.until(() => this.usable(this.dialog[what]));
			if (!button) throw refused(what, "cannot be used");
			pressOn(button);
		}
		/** The dialog goes without having taken anything. */
		async leave() {
			const close = this.usable(this.dialog.close);
			if (!close || this.act.signal.aborted) return;
			pressOn(close);
			await this.until(() => !this.usable(this.dialog.editor)).catch(() => {});
		}
		usable(locators) {
			const found = first(this.act.adapter, locators);
			return found && isVisible(found) && isEnabled(found) ? found : null;
		}
		until(check) {
			return this.act.until(check, Math.min(SHOWN_MS, this.act.left()));
		}
	};
	function refused(part, why, site_words) {
		const words = `The page’s dialog for tools: its ${part} ${why}.`;
		const said = site_words === void 0 ? {} : { site_words };
		return new Fault(failure("tools_refused", words, {
			locator: `tools.${part}`,
			...said
		}));
	}
	// src/runner/type.ts
	/** How long a way of typing may take to show in the composer. */
	var VERIFY_MS = 1500;
	/** A composer that holds something else for this long will not become right by itself. */
	var SETTLED_MS = 300;
	/** How long a composer may take to show that it is empty, and how often it is emptied. */
	var CLEARED_MS = 500;
	var CLEAR_TRIES = 3;
	/**
	* Types the prompt: one way after the other, until the composer holds it exactly; where no way gets
	* there, one that loses nothing but the width of spaces.
	*/
	async function typePrompt(act) {
		const { adapter, job } = act;
		const prompt = job.prompt.replace(/\r\n?/g, "\n");
		for (const check of [holds$1, nearlyHolds]) for (const way of waysFor(adapter.composer.kind)) {
			await emptied(act);
			await perform(act, way(prompt));
			if (await took(act, check)) return;
		}
		throw refusal("The composer did not take the text.");
	}
	/** Clears the composer if it holds what we typed and nothing else. */
	async function takeBack(act) {
		const composer = composerOf(act);
		if (!composer) return false;
		const held = textOf$1(composer);
		const ours = nearlyHolds(composer, act.job.prompt) || act.job.prompt.startsWith(held);
		if (held === "" || !ours) return false;
		try {
			await run(act, composer, clearing(act.adapter.composer.kind));
			mirrored(act, composer, "");
		} catch {
			return false;
		}
		return true;
	}
	/** Editors that compare old and new text must see each way begin anew. */
	async function emptied(act) {
		const composer = composerOf(act);
		if (!composer) throw act.missing("composer");
		const empty = () => {
			const now = composerOf(act);
			return now !== null && isEmpty(now);
		};
		for (let tries = 0; !empty(); tries += 1) {
			if (tries === CLEAR_TRIES) throw refusal("The composer keeps a text.");
			await perform(act, clearing(act.adapter.composer.kind));
			await act.until(empty, Math.min(CLEARED_MS, act.left()));
		}
		mirrored(act, composer, "");
	}
	async function perform(act, steps) {
		const composer = composerOf(act);
		if (!composer) throw act.missing("composer");
		try {
			await run(act, composer, steps.map((step) => (element) => {
				act.signal.throwIfAborted();
				step(element);
			}));
		} catch (error) {
			if (!(error instanceof Astray)) throw error;
			act.signal.throwIfAborted();
			throw refusal("The page took the composer away while the prompt was typed.");
		}
	}
	/** Each step goes into the composer that the first one went into, or nowhere. */
	async function run(act, composer, steps) {
		for (const step of steps) {
			if (composerOf(act) !== composer || !takesPrompts(composer)) throw new Astray();
			act.stage.human.notHuman(() => step(composer));
			await turnOfLoop();
		}
	}
	/** Whether the composer comes to hold the prompt: editors answer in their own time. */
	async function took(act, check) {
		const { prompt } = act.job;
		let seen = "";
		let since = performance.now();
		const look = () => {
			const composer = composerOf(act);
			if (!composer) return null;
			if (check(composer, prompt)) {
				mirrored(act, composer, prompt);
				return "taken";
			}
			const held = textOf$1(composer);
			const now = performance.now();
			if (held !== seen) [seen, since] = [held, now];
			return held !== "" && now - since > SETTLED_MS ? "other" : null;
		};
		return await act.until(look, Math.min(VERIFY_MS, act.left())) === "taken";
	}
	function mirrored({ adapter }, composer, text) {
		const attribute = adapter.composer.mirror_attribute;
		if (attribute) mirror(composer, attribute, text);
	}
	function composerOf({ adapter }) {
		return byRole(adapter, "composer");
	}
	function refusal(words) {
		return new Fault(failure("page_changed", words, { locator: "composer" }));
	}
	// src/runner/turn.ts
	/** A page that was told to go and is still there after this long stays. */
	var GOING_MS = 3e3;
	var Turn = class {
		stage;
		adapter;
		job;
		outbox;
		opened;
		end = new AbortController();
		act;
		progress;
		statuses = new Statuses();
		tapAccepted = false;
		typed = false;
		attached = false;
		/** Answers that the page showed before the turn. */
		before = /* @__PURE__ */ new Set();
		goingUntil = -Infinity;
		/** Streams that broke while the page may be going. */
		broken = [];
		/** What the page complained of before the turn. */
		oldWords = "";
		accepted = false;
		constructor(stage, adapter, job, outbox, opened) {
			this.stage = stage;
			this.adapter = adapter;
			this.job = job;
			this.outbox = outbox;
			this.opened = opened;
			this.act = new Act(stage, adapter, job, this.end.signal);
			this.progress = new Progress(adapter);
		}
		/** The client left: Stop is pressed. */
		cancel() {
			this.end.abort(new Cancelled());
		}
		/** The page's human took over: hands off. */
		yield() {
			this.end.abort(new Fault(failure("human_busy", "A person uses the composer of this tab.")));
		}
		/** The turn is read elsewhere, or the extension is gone: hands off, and the page goes on. */
		leave() {
			this.end.abort(new Fault(failure("lane_lost", "The extension left the page.")));
		}
		/** The page was told to go: how it falls apart is no answer, no complaint and no end. */
		leaving() {
			this.goingUntil = performance.now() + GOING_MS;
		}
		isGoing() {
			if (performance.now() < this.goingUntil) return true;
			for (const message of this.broken.splice(0)) this.hearTap(message);
			return false;
		}
		/** The gateway acknowledged frames. */
		acked() {
			this.progress.watcher?.acked();
			this.stage.changes.notify();
		}
		async run() {
			let outcome;
			try {
				await this.take();
				await this.follow();
				outcome = {
					kind: "done",
					cancelled: false
				};
			} catch (error) {
				outcome = await this.settle(error);
			}
			await this.stage.tapped.disarm();
			this.progress.watcher?.stop();
			return outcome;
		}
		/** Up to the page having taken the prompt, step by step, within the job's time for it. */
		async take() {
			await this.stage.atRest();
			this.end.signal.throwIfAborted();
			this.refuseIfTroubled();
			const began = await this.step(() => startChat(this.act, this.opened));
			const keeps = this.job.place !== void 0 && this.job.model === void 0;
			const choose = async () => !keeps && chooseModel(this.act, this.stage.labels());
			const chose = await this.step(choose);
			await this.step(() => setParameters(this.act));
			await this.step(() => setTools(this.act));
			const leaves = this.stage.files.length > 0 || this.adapter.new_chat === "click";
			if (chose || began && leaves) await connected(this.act);
			await this.step(() => this.attach());
			await this.step(() => this.type());
			await this.step(() => this.send());
			this.accepted = true;
			this.stage.accepted();
		}
		/** One step of using the page, which nothing that may be closed covers when it begins. */
		async step(use) {
			const until = (check, ms) => this.act.until(check, Math.min(ms, this.act.left()));
			await closeOverlays(this.adapter, until);
			return use();
		}
		/** A complaint about an earlier turn may still stand; a limit or a hindrance is met by not typing. */
		refuseIfTroubled() {
			const known = trouble(this.adapter, this.statuses);
			if (known && known.class !== "moderated" && known.class !== "page_error") throw new Fault(known);
		}
		async attach() {
			const { files } = this.stage;
			this.attached = files.length > 0;
			await attachFiles(this.act, files);
		}
		async type() {
			if (!isEmpty(await this.act.find("composer"))) throw new Fault(failure("human_busy", "The composer holds a text."));
			this.oldWords = keyOf(trouble(this.adapter, this.statuses));
			this.typed = true;
			await typePrompt(this.act);
		}
		/** Answers and streams from here on are of this turn. */
		async send() {
			this.before = new Set(answers(this.adapter));
			const sides = this.adapter.modes?.find(({ name }) => name === this.job.mode)?.sides;
			const failed = (error) => this.fail(error);
			const watcher = new AnswerWatcher(this.adapter, this.outbox, failed, sides);
			this.progress.watcher = watcher;
			await this.stage.tapped.arm(this.adapter.tap ?? [], this.job.prompt, (message) => this.hearTap(message));
			if (this.adapter.answer.kind === "dom") watcher.start();
			this.end.signal.throwIfAborted();
			const may = this.stage.sending(this.before.size, this.job.prompt);
			if (!await this.act.until(may)) throw new Fault(failure("not_started", "The extension did not write the turn down."));
			const missing = await sendLadder({
				adapter: this.adapter,
				changes: this.stage.changes,
				signal: this.end.signal,
				prompt: this.job.prompt,
				tapAccepted: () => this.tapAccepted,
				left: () => this.act.left()
			});
			if (missing === null) return;
			this.throwTrouble();
			throw new Fault(failure("not_started", "The page did not take the prompt.", { locator: missing }));
		}
		hearTap(message) {
			if (message.k === "close" && message.failed && performance.now() < this.goingUntil) {
				this.broken.push(message);
				return;
			}
			this.progress.lastHeard = performance.now();
			try {
				switch (message.k) {
					case "request":
						this.statuses.asked();
						this.tapAccepted = true;
						break;
					case "sent":
						this.tapAccepted = true;
						break;
					case "status":
						this.statuses.note(message.tap, message.status);
						break;
					case "open":
						this.statuses.opened(message.tap, message.stream, message.status, message.own);
						if (message.own) {
							this.tapAccepted = true;
							this.progress.opened(message.stream);
						}
						this.outbox.push({
							kind: "opened",
							...message
						});
						break;
					case "bytes":
						this.statuses.bytes(message.stream, message.bytes);
						this.outbox.push({
							kind: "bytes",
							...message
						});
						return;
					case "text":
						this.outbox.push({
							kind: "message",
							...message
						});
						return;
					case "close":
						this.statuses.closed(message.stream);
						this.progress.closed(message.stream);
						this.outbox.push({
							kind: "closed",
							...message
						});
				}
				soon(() => this.stage.changes.notify());
			} catch (error) {
				this.fail(error);
			}
		}
		fail(error) {
			this.end.abort(faultOf(error));
		}
		/** Until the page is done with its answer. */
		async follow() {
			const done = this.progress.doneCheck();
			if (!await this.act.until(() => {
				if (this.isGoing()) return false;
				this.throwTrouble();
				return !this.statuses.isRefused && done();
			}, this.job.total_ms)) {
				await pressStop(this.act, this.progress);
				throw new Fault(failure("page_error", "The turn took longer than it may."));
			}
			if (this.adapter.answer.kind === "dom") this.progress.watcher?.finish();
			const fresh = answers(this.adapter).filter((answer) => !this.before.has(answer));
			await relayMedia(this.act, this.outbox, mediaIn(this.adapter, fresh));
		}
		/** Throws what the page complains of since the turn began. */
		throwTrouble() {
			const known = trouble(this.adapter, this.statuses);
			if (known && keyOf(known) !== this.oldWords) throw new Fault(known);
			const refusal = this.statuses.refusal();
			if (!refusal) return;
			const { status, words } = refusal;
			throw new Fault(failure(status === 429 ? "rate_limited" : "page_error", `The site answered the prompt with status ${status}.`, { site_words: wellFormed(words.slice(0, 500)) }));
		}
		/** What an error makes of the turn. What was typed or added but not sent is taken back. */
		async settle(error) {
			if (this.attached && !this.accepted && !this.tapAccepted) this.stage.reopen();
			if (error instanceof Cancelled) {
				const untouched = async () => !this.typed || await takeBack(this.act);
				if (this.accepted || this.tapAccepted || !await untouched()) await pressStop(this.act, this.progress);
				return {
					kind: "done",
					cancelled: true
				};
			}
			const { failure } = faultOf(error);
			if (this.typed && !this.accepted && failure.class !== "human_busy") await takeBack(this.act);
			return {
				kind: "failed",
				accepted: this.accepted,
				failure
			};
		}
	};
	function keyOf(known) {
		return known ? `${known.class} ${known.site_words ?? ""}` : "";
	}
	// src/runner/page.ts
	/** A page that shows no composer for this long has changed. */
	var SETTLE_MS = 8e3;
	/** The composer is its human's until it was left alone for this long. */
	var YIELD_MS = 3e4;
	/** An ended turn is kept this long, in case the gateway did not hear of its end. */
	var KEEP_MS = 6e4;
	/** Failures that its page may explain. */
	var OF_PAGE = /* @__PURE__ */ new Set([
		"page_changed",
		"not_started",
		"page_error",
		"choice_refused",
		"file_refused"
	]);
	var PageRunner = class {
		stop = new AbortController();
		clock = new Clock((id, ms) => this.link.tell({
			k: "timer",
			id,
			ms
		}));
		human = new Human(() => this.composers(), () => this.onHuman(), this.stop.signal, () => this.standNoMore());
		changes = new Changes(this.clock, (document) => this.human.watch(document));
		tapped = new Tapped();
		pickers = new Pickers(this.tapped);
		incoming = new Incoming();
		offering = new Offering(this.changes, this.tapped, this.clock, () => soon(() => this.report()));
		link = new Link((message) => this.hear(message), () => this.hello(), () => this.retire());
		teacher = new Teacher({
			tapped: this.tapped,
			tell: (word) => this.link.tell({
				k: "lesson",
				word
			}),
			notHuman: (action) => this.human.notHuman(action),
			forgetHuman: () => this.human.forget()
		});
		held = /* @__PURE__ */ new Map();
		startedAt = performance.now();
		offers = [];
		current = null;
		lastReport = "";
		askedReload = false;
		/** Turns that ended on this page. */
		turns = 0;
		/** The conversation that the last of them left, untouched since. */
		standing = null;
		stirredAt = -Infinity;
		start() {
			const { signal } = this.stop;
			this.tapped.connect();
			this.offering.start(() => this.offers, signal);
			this.changes.start();
			this.changes.listen(() => {
				this.standing?.look();
				this.tellMoved();
				this.report();
			});
			this.link.connect();
			window.addEventListener("popstate", () => this.standNoMore(), { signal });
			window.addEventListener("pagehide", () => this.link.freeze(), { signal });
			window.addEventListener("pageshow", () => this.link.thaw(), { signal });
			this.clock.after(SETTLE_MS, () => this.report());
		}
		/** The extension is gone: leave the page as if we had never been there. */
		retire() {
			this.stop.abort();
			this.current?.turn.leave();
			this.changes.stop();
			hideMark();
		}
		hello() {
			this.lastReport = "";
			this.forgetOld();
			const held = [...this.held.values()].map(({ gateway, job, turn, outbox, outcome, sending }) => ({
				gateway,
				job,
				accepted: turn.accepted,
				sending,
				lastSeq: outbox.lastSeq,
				finished: outcome !== null
			}));
			return {
				k: "hello",
				tapped: this.tapped.connected,
				held
			};
		}
		hear(message) {
			switch (message.k) {
				case "offers":
					this.offers = message.offers;
					this.watchStanding();
					return this.report();
				case "file": return this.incoming.add(message.job, message.file, fromBase64(message.bytes));
				case "job": return this.take(message);
				case "harvest": return this.read(message);
				case "send": return this.maySend(message.job);
				case "leave": return this.held.get(message.job)?.turn.leave();
				case "cancel": return this.held.get(message.job)?.turn.cancel();
				case "diagnose":
					this.answer(message);
					return;
				case "reread":
					this.reread(message);
					return;
				case "untouched": return this.sayUntouched(message);
				case "ack": return this.ack(message.job, message.seq);
				case "resend": return this.resend(message.job, message.after, message.run);
				case "teach":
					this.teacher.take(message.lesson);
					this.watchStanding();
					return this.report();
				case "forget": return this.forget(message.job);
				case "timer": return this.clock.rang(message.id);
			}
		}
		watchStanding() {
			if (this.teacher.busy) return;
			const taps = this.offers.flatMap(({ site }) => site.adapter.tap ?? []);
			const always = ({ standing, purpose }) => standing === true || purpose === "models" || purpose === "upload";
			this.tapped.watch(taps.filter(always));
		}
		take({ gateway, job, site, opened, memory }) {
			const before = this.standing;
			const files = this.incoming.take(job);
			this.begin(gateway, site, job.job, memory, (stage, outbox) => {
				const standsAfter = (after) => before?.holds(gateway, after) ?? false;
				return new Turn({
					...stage,
					files,
					standsAfter
				}, site.adapter, job, outbox, opened);
			});
		}
		/** Reads the answer of a lost turn in the page that was opened for it. */
		read({ gateway, harvest, site, at }) {
			this.begin(gateway, site, harvest.job, {}, (stage, outbox) => {
				return new Reading(stage, site.adapter, harvest, at, outbox);
			});
		}
		begin(gateway, site, job, memory, make) {
			if (this.held.has(job)) return;
			this.forgetOld();
			const inThisTask = (task) => queueMicrotask(task);
			const outbox = new Outbox(job, inThisTask, (frames, last) => {
				const run = this.held.get(job)?.run ?? 0;
				this.link.tell({
					k: "frames",
					job,
					run,
					last,
					frames: frames.map(toBase64)
				});
			});
			this.standing = null;
			const turn = make({
				changes: this.changes,
				human: this.human,
				tapped: this.tapped,
				sending: (before, prompt) => this.sending(held, before, prompt),
				accepted: () => this.link.tell({
					k: "accepted",
					job
				}),
				navigate: (place) => this.link.tell({
					k: "navigate",
					job,
					place
				}),
				reopen: () => held.reopen = true,
				memory: new Memory(memory, (values) => this.link.tell({
					k: "remember",
					key: memoryKey(gateway, site),
					values
				})),
				pickers: this.pickers,
				files: [],
				turnsBefore: this.turns,
				labels: () => this.offering.labels({
					gateway,
					site
				}),
				atRest: () => this.offering.rest(),
				standsAfter: () => false
			}, outbox);
			const held = {
				gateway,
				site,
				job,
				turn,
				outbox,
				run: 0,
				outcome: null,
				begunAt: performance.now(),
				endedAt: 0,
				sending: null,
				maySend: false,
				reopen: false
			};
			this.held.set(job, held);
			this.current = held;
			showMark(site.name);
			this.report();
			const leave = () => {
				turn.leaving();
				this.clock.after(GOING_MS, () => this.changes.notify());
			};
			window.addEventListener("beforeunload", leave, { capture: true });
			turn.run().then((outcome) => {
				window.removeEventListener("beforeunload", leave, { capture: true });
				this.ended(held, outcome);
			});
		}
		/** The background writes down that the prompt is sent, and where, before it is. */
		sending(held, before, prompt) {
			held.sending = {
				place: placeNow(),
				before,
				print: printOf(prompt)
			};
			this.link.tell({
				k: "sending",
				job: held.job,
				at: held.sending
			});
			return () => held.maySend;
		}
		maySend(job) {
			const held = this.held.get(job);
			if (!held) return;
			held.maySend = true;
			this.changes.notify();
		}
		/** Pages give a conversation its address some time after its first turn was sent. */
		tellMoved() {
			const held = this.current;
			if (!held?.sending || !held.maySend) return;
			const place = placeNow();
			if (place === held.sending.place) return;
			held.sending = {
				...held.sending,
				place
			};
			this.link.tell({
				k: "moved",
				job: held.job,
				at: held.sending
			});
		}
		/** A page that is still building itself is looked at again. */
		async answer({ gateway, request, site, waitMs }) {
			await this.changes.until(() => passesSelfTest(site.adapter), waitMs);
			this.report();
			this.diagnose(gateway, request, site);
		}
		async reread({ gateway, request, site }) {
			const offer = this.offers.find((one) => one.gateway === gateway && one.site.name === site);
			const way = offer ? await this.offering.again(offer, this.isFree(offer), this.standing !== null) : "none";
			this.report();
			this.link.tell({
				k: "reread",
				gateway,
				request,
				site,
				way
			});
		}
		/** Nobody has done anything in the page for so long, by keys or pointer. */
		sayUntouched({ gateway, site, ms }) {
			const offer = this.offers.find((one) => one.gateway === gateway && one.site.name === site);
			const stirred = performance.now() - this.stirredAt < ms;
			if (!offer || stirred || this.offering.isReading || !this.isFree(offer)) return;
			this.link.tell({
				k: "untouched",
				gateway,
				site
			});
		}
		/** Whether the page is ready for the site, and no turn or person uses it. */
		isFree({ gateway, site }) {
			if (this.current || this.teacher.busy || this.isYielded()) return false;
			return this.verdicts().some((one) => one.gateway === gateway && one.site === site.name && one.state === "ready");
		}
		diagnose(gateway, about, site) {
			const diagnosis = diagnose(about, site, this.settled());
			this.link.tell({
				k: "diagnosis",
				gateway,
				diagnosis
			});
		}
		ended(held, outcome) {
			if (outcome.kind === "failed" && OF_PAGE.has(outcome.failure.class)) this.diagnose(held.gateway, held.job, held.site);
			this.turns += 1;
			held.outcome = outcome;
			held.endedAt = performance.now();
			if (this.current === held && !held.reopen) this.current = null;
			hideMark();
			held.outbox.flush();
			if (outcome.kind === "done" && !outcome.cancelled && !held.reopen && this.stirredAt < held.begunAt) this.standing = new Standing(held.gateway, held.job, held.site.adapter);
			this.report();
			this.tellEnd(held);
			if (held.reopen) this.link.tell({
				k: "reopen",
				gateway: held.gateway,
				site: held.site.name
			});
		}
		tellEnd({ job, run, outbox, outcome }) {
			if (outcome) this.link.tell({
				k: "finished",
				job,
				run,
				lastSeq: outbox.lastSeq,
				outcome
			});
		}
		ack(job, seq) {
			const held = this.held.get(job);
			held?.outbox.ack(seq);
			held?.turn.acked();
		}
		resend(job, after, run) {
			const held = this.held.get(job);
			if (!held) return;
			held.run = run;
			held.outbox.resend(after);
			held.turn.acked();
			this.tellEnd(held);
		}
		forget(job) {
			const held = this.held.get(job);
			if (!held) return;
			if (held.outcome) this.held.delete(job);
			else held.turn.cancel();
		}
		forgetOld() {
			const now = performance.now();
			for (const [job, { outcome, endedAt }] of this.held) if (outcome && now - endedAt > KEEP_MS) this.held.delete(job);
		}
		composers() {
			return this.offers.map(({ site }) => byRole(site.adapter, "composer")).filter((element) => element !== null);
		}
		/** Somebody did something in the page: its conversation is not known any more. */
		standNoMore() {
			this.stirredAt = performance.now();
			if (!this.standing) return;
			this.standing = null;
			this.report();
		}
		onHuman() {
			this.current?.turn.yield();
			this.report();
			this.clock.after(30100, () => this.report());
		}
		/** Says what the page shows, if that is news. */
		report() {
			const report = {
				verdicts: this.current ? this.lastVerdicts : this.verdicts(),
				busy: this.current !== null || this.teacher.busy,
				yielded: this.current === null && this.isYielded(),
				standing: this.standing && {
					gateway: this.standing.gateway,
					job: this.standing.job
				}
			};
			this.lastVerdicts = report.verdicts;
			this.learn(report);
			const text = JSON.stringify(report);
			if (text === this.lastReport) return;
			this.lastReport = text;
			this.link.tell({
				k: "report",
				report
			});
			this.mayReload(report);
		}
		/** Learns what the sites offer, while the page is ready and nobody uses it. */
		learn({ verdicts, busy, yielded }) {
			if (busy || yielded || document.readyState !== "complete") return;
			for (const offer of this.offers) if (verdicts.some(({ gateway, site, state }) => gateway === offer.gateway && site === offer.site.name && state === "ready")) this.offering.look(offer);
		}
		lastVerdicts = [];
		/** Whether the page has had its time to load. */
		settled() {
			return performance.now() - this.startedAt > SETTLE_MS && document.readyState === "complete";
		}
		verdicts() {
			const settled = this.settled();
			return this.offers.map((offer) => {
				const { gateway, site } = offer;
				const models = this.offering.names(offer);
				const told = this.offering.told(offer);
				const state = {
					...pageState(site.adapter, settled),
					models,
					told
				};
				return state.state === "ready" && !this.tapped.connected && needsTap(site) ? {
					gateway,
					site: site.name,
					lane: false,
					state: "loading",
					detail: "Reload the page once.",
					models: [],
					told: {}
				} : {
					gateway,
					site: site.name,
					...state
				};
			});
		}
		/** A page that was open before the extension came has no tap: it is reloaded if nobody wrote in it. */
		mayReload(report) {
			const wanted = this.offers.some(({ site }) => needsTap(site));
			const inUse = report.busy || report.yielded || this.offering.isReading;
			if (this.askedReload || this.tapped.connected || !wanted || inUse) return;
			if (!this.composers().every(isEmpty) || document.readyState !== "complete") return;
			this.askedReload = true;
			this.link.tell({ k: "reloadable" });
		}
		isYielded() {
			return performance.now() - this.human.lastTouch < YIELD_MS || this.composers().some((composer) => !isEmpty(composer));
		}
	};
	function placeNow() {
		return location.pathname + location.search + location.hash;
	}
	function needsTap(site) {
		return site.adapter.answer.kind !== "dom";
	}
	// src/runner/main.ts
	if (!window.__tabwayRunner && window.top === window) {
		window.__tabwayRunner = true;
		new PageRunner().start();
	}
})();
