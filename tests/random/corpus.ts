// Programs that once failed, at their smallest, and what was wrong. A program is kept, not its seed:
// what a seed stands for changes with the generator. `deno task fuzz` prints one in this form.

/** What was wrong, and the program. */
export const CORPUS: readonly (readonly [wrong: string, program: string])[] = [
  [
    "a group that ends without reading, and its items again and again",
    '{"family":"every operator","program":{"input":{"kind":"a ReadableStream","count":24,"failAfter":7},"stages":[{"op":"partition","count":11,"isAsync":true,"inner":[[],[{"op":"buffer","count":8,"key":"buffer 0"},{"op":"step that reads nothing","count":11,"key":"step that reads nothing 1"}]],"key":"partition 0"},{"op":"windowTime by the clock","count":11,"key":"windowTime by the clock 1"},{"op":"fanOut that drops","count":1,"inner":[[],[{"op":"skip","count":0,"key":"skip 0"},{"op":"skipWhile","count":7,"isAsync":true,"parallel":{"limit":1,"ordered":true},"strategy":"SKIP_FAILED","maxAttempts":2,"timeoutMs":50,"key":"skipWhile 1"}]],"key":"fanOut that drops 2"}],"consumer":{"end":"toTransformStream","action":"throws","after":5},"isObserved":true,"picks":[216,430,731,764,267,864,874,574,237,878,367]}}',
  ],
  [
    "a stage that emitted items after its failure",
    '{"family":"in order","program":{"input":{"kind":"a sync iterable","count":2,"failAfter":2},"stages":[{"op":"windowTime by event time","count":0,"key":"windowTime by event time 0"},{"op":"flatMap","count":0,"key":"flatMap 1"},{"op":"map","count":0,"failure":{"modulus":4,"remainder":2,"times":1,"passes":false},"key":"map 2"},{"op":"map","count":0,"key":"map 3"}],"consumer":{"end":"execute","action":"reads all","after":1},"picks":[0]}}',
  ],
  [
    "an item that overtook another of its key",
    '{"family":"item by item","program":{"input":{"kind":"a sync iterable","count":4},"stages":[{"op":"map","count":0,"key":"map 0"},{"op":"mapPartitioned","count":0,"parallel":{"limit":2,"ordered":false},"failure":{"modulus":4,"remainder":0,"times":1,"passes":true},"maxAttempts":2,"key":"mapPartitioned 1"}],"consumer":{"end":"execute","action":"reads all","after":1},"isObserved":true,"picks":[0]}}',
  ],
  [
    "a group that was opened when all was closed",
    '{"family":"every operator","program":{"input":{"kind":"a ReadableStream","count":2},"stages":[{"op":"partition","count":0,"isAsync":true,"inner":[[{"op":"map","count":0,"failure":{"modulus":4,"remainder":1,"times":1,"passes":true},"maxAttempts":2,"key":"map 0"}],[]],"key":"partition 0"}],"consumer":{"end":"toTransformStream","action":"breaks","after":1},"picks":[0]}}',
  ],
  [
    "a function that chose a group, and ran on after the end",
    '{"family":"every operator","program":{"input":{"kind":"a sync iterable","count":2},"stages":[{"op":"groupBy that ends idle groups","count":1,"isAsync":true,"inner":[[{"op":"map","count":0,"failure":{"modulus":4,"remainder":0,"times":1,"passes":false},"key":"map 0"}]],"key":"groupBy that ends idle groups 0"},{"op":"map","count":0,"key":"map 1"}],"consumer":{"end":"execute","action":"reads all","after":1},"picks":[0]}}',
  ],
  [
    "a run with metadata that could not be stopped while it waited",
    '{"family":"faults","program":{"input":{"kind":"a sync iterable","count":1},"stages":[{"op":"map","count":0,"key":"map 0"}],"consumer":{"end":"withMetadata","action":"breaks","after":1},"fault":{"point":"call","nth":1,"kind":"hangs"},"picks":[0]}}',
  ],
  [
    "a deadline that another part of the run took away",
    '{"family":"faults","program":{"input":{"kind":"a ReadableStream","count":2,"failAfter":2},"stages":[{"op":"interleaveWith","count":0,"other":{"kind":"a sync iterable","count":1},"key":"interleaveWith 0"},{"op":"map","count":0,"parallel":{"limit":1,"ordered":false},"key":"map 1"},{"op":"route to a sink","count":1,"inner":[[{"op":"map","count":0,"isAsync":true,"key":"map 0"}],[]],"key":"route to a sink 2"}],"consumer":{"end":"toTransformStream","action":"reads all","after":1},"fault":{"point":"call","nth":7,"kind":"hangs"},"picks":[0]}}',
  ],
  [
    "a timer of closing after the end of the run",
    '{"family":"faults","program":{"input":{"kind":"an async generator","count":1},"stages":[{"op":"takeUntil a signal","count":0,"key":"takeUntil a signal 0"},{"op":"step","count":0,"key":"step 1"},{"op":"step that fails before it reads","count":0,"key":"step that fails before it reads 2"}],"consumer":{"end":"toReadableStream","action":"aborts","after":1},"fault":{"point":"timer","nth":1,"kind":"fails"},"picks":[0]}}',
  ],
  [
    "a source that was left open because no timer could be set",
    '{"family":"faults","program":{"input":{"kind":"a sync iterable","count":1},"stages":[{"op":"timeout","count":0,"key":"timeout 0"}],"consumer":{"end":"execute","action":"aborts","after":1},"fault":{"point":"timer","nth":2,"kind":"fails"},"picks":[0]}}',
  ],
  [
    "a step that hung, and a timer that outlived its run",
    '{"family":"faults","program":{"input":{"kind":"an async generator","count":1},"stages":[{"op":"concatWith","count":0,"other":{"kind":"a sync iterable","count":0},"key":"concatWith 0"},{"op":"joinWith left","count":0,"other":{"kind":"a sync iterable","count":0},"key":"joinWith left 1"},{"op":"step","count":0,"key":"step 2"},{"op":"map","count":0,"key":"map 3"}],"consumer":{"end":"execute","action":"reads all","after":1},"fault":{"point":"call","nth":1,"kind":"hangs"},"picks":[0]}}',
  ],
  [
    "a wait without a timer that was reported before it was handed on",
    '{"family":"faults","program":{"input":{"kind":"a ReadableStream","count":7},"stages":[{"op":"throttle","key":"stage","count":4,"isAsync":true,"obeys":true}],"consumer":{"end":"run","action":"reads all","after":2},"picks":[1,3,1,2],"fault":{"point":"timer","nth":1,"kind":"fails"}}}',
  ],
  [
    "an item that overtook one of its key that was given up",
    '{"family":"item by item","program":{"input":{"kind":"a sync iterable","count":2,"failAfter":2},"stages":[{"op":"map","count":0,"parallel":{"limit":1,"ordered":false},"key":"map 0"},{"op":"mapPartitioned","count":0,"isAsync":true,"parallel":{"limit":3,"ordered":false},"key":"mapPartitioned 1"},{"op":"map","count":0,"key":"map 2"}],"consumer":{"end":"execute","action":"reads all","after":1},"isSinkSlow":false,"isObserved":true,"picks":[0]}}',
  ],
  [
    "a step that was aborted, and counted as failed",
    '{"family":"lists on StreamingPipeline","program":{"input":{"kind":"a sync iterable","count":3},"stages":[{"op":"step that expands","count":0,"isAsync":true,"obeys":true,"maxAttempts":3,"key":"step that expands 0"},{"op":"map","count":0,"parallel":{"limit":1,"ordered":true},"key":"map 1"},{"op":"map","count":0,"key":"map 2"},{"op":"map","count":0,"isAsync":true,"failure":{"modulus":4,"remainder":1,"times":1,"passes":false},"key":"map 3"},{"op":"map","count":0,"key":"map 4"}],"consumer":{"end":"array","action":"reads all","after":1},"picks":[0]}}',
  ],
  [
    "two failures side by side, of which the law knew one",
    '{"family":"lists on Pipeline","program":{"input":{"kind":"a sync iterable","count":6},"stages":[{"op":"filter","count":0,"key":"filter 0"},{"op":"map","count":0,"parallel":{"limit":2,"ordered":true},"failure":{"modulus":5,"remainder":0,"times":1,"passes":false},"maxAttempts":3,"key":"map 1"},{"op":"map","count":0,"key":"map 2"}],"consumer":{"end":"array","action":"reads all","after":1},"picks":[0]}}',
  ],
  [
    "an item that failed beside the first, and should have been tried again",
    '{"family":"lists on Pipeline","program":{"input":{"kind":"a sync iterable","count":6},"stages":[{"op":"filter","count":0,"key":"filter 0"},{"op":"map","count":0,"parallel":{"limit":2,"ordered":true},"failure":{"modulus":5,"remainder":0,"times":99,"passes":true},"maxAttempts":3,"key":"map 1"},{"op":"map","count":0,"key":"map 2"}],"consumer":{"end":"array","action":"reads all","after":1},"picks":[0]}}',
  ],
  [
    "calls beside all of those that could not be waited for",
    '{"family":"faults","program":{"input":{"kind":"a ReadableStream","count":4,"failAfter":4},"stages":[{"op":"buffer","count":2,"key":"buffer 0"},{"op":"map","count":0,"isAsync":true,"parallel":{"limit":2,"ordered":false},"timeoutMs":50,"key":"map 1"},{"op":"map","count":0,"key":"map 2"}],"consumer":{"end":"execute","action":"reads all","after":1},"isSinkSlow":false,"isObserved":false,"fault":{"point":"timer","nth":3,"kind":"fails"},"picks":[0]}}',
  ],
  [
    "a pipe that reported a source that could not be closed",
    '{"family":"every operator","program":{"input":{"kind":"a ReadableStream","count":1,"failsOnClose":true},"stages":[{"op":"map","count":0,"key":"map 0"}],"consumer":{"end":"toTransformStream","action":"breaks","after":1},"picks":[0]}}',
  ],
  [
    "a busy group that was polled for ever",
    '{"family":"faults","program":{"input":{"kind":"a sync iterable","count":2,"failAfter":13},"stages":[{"op":"groupBy that ends idle groups","count":1,"isAsync":true,"failure":{"modulus":4,"remainder":1,"times":99,"passes":false},"inner":[[{"op":"fanOut","count":5,"inner":[[{"op":"map with a step","count":4,"isAsync":true,"obeys":true,"strategy":"COLLECT_ERRORS","maxAttempts":3,"key":"map with a step 0"},{"op":"flatMap to a generator","count":12,"parallel":{"limit":16,"ordered":false,"highWaterMark":5},"failure":{"modulus":6,"remainder":0,"times":99,"passes":true},"strategy":"COLLECT_ERRORS","maxAttempts":2,"key":"flatMap to a generator 1"}],[{"op":"mapPartitioned","count":2,"parallel":{"limit":1,"ordered":true},"failure":{"modulus":14,"remainder":3,"times":99,"passes":true},"strategy":"SKIP_FAILED","maxAttempts":2,"key":"mapPartitioned 0"}]],"key":"fanOut 0"},{"op":"route","count":0,"inner":[[{"op":"takeWhile","count":3,"isAsync":true,"parallel":{"limit":16,"ordered":true,"highWaterMark":1},"maxAttempts":3,"key":"takeWhile 0"},{"op":"flatMap to a generator","count":11,"failure":{"modulus":12,"remainder":1,"times":99,"passes":true},"strategy":"COLLECT_ERRORS","key":"flatMap to a generator 1"}],[{"op":"map","count":3,"isAsync":true,"obeys":true,"parallel":{"limit":3,"ordered":false},"failure":{"modulus":11,"remainder":1,"times":1,"passes":true},"strategy":"SPLIT_ERRORS","maxAttempts":2,"timeoutMs":50,"key":"map 0"},{"op":"sample","count":10,"key":"sample 1"}]],"key":"route 1"}]],"key":"groupBy that ends idle groups 0"}],"consumer":{"end":"run","action":"throws","after":4},"isSinkSlow":true,"isObserved":true,"fault":{"point":"call","nth":5,"kind":"hangs"},"picks":[249,944,74,396,637,727]}}',
  ],
  [
    "a sink that threw at once, and a failed item that waited for its first call for ever",
    '{"family":"faults","program":{"input":{"kind":"a sync iterable","count":1},"stages":[{"op":"flatMap to a stream","count":8,"failure":{"modulus":10,"remainder":0,"times":2,"passes":false},"strategy":"SPLIT_ERRORS","timeoutMs":50,"key":"flatMap to a stream 0"},{"op":"fold","count":12,"isAsync":true,"strategy":"SPLIT_ERRORS","maxAttempts":3,"key":"fold 2"},{"op":"branch to steps","count":12,"parallel":{"limit":2,"ordered":false},"failure":{"modulus":10,"remainder":0,"times":1,"passes":true},"strategy":"SPLIT_ERRORS","timeoutMs":50,"key":"branch to steps 3"}],"consumer":{"end":"toReadableStream","action":"reads all","after":5},"picks":[0],"fault":{"point":"call","nth":2,"kind":"fails"}}}',
  ],
  [
    "a step that failed on what a failure had let out, and took its place",
    '{"family":"lists on StreamingPipeline","program":{"input":{"kind":"a sync iterable","count":3},"stages":[{"op":"map","count":0,"key":"map 0"},{"op":"map","count":0,"failure":{"modulus":7,"remainder":0,"times":1,"passes":false},"key":"map 1"},{"op":"batch","count":2,"key":"batch 2"},{"op":"step that expands","count":0,"key":"step that expands 3"},{"op":"step","count":0,"failure":{"modulus":4,"remainder":3,"times":1,"passes":false},"key":"step 4"}],"consumer":{"end":"array","action":"reads all","after":1},"picks":[0]}}',
  ],
  [
    "a stage that failed, and whose failure was lost after what it had kept",
    '{"family":"in order","program":{"input":{"kind":"a sync iterable","count":2},"stages":[{"op":"windowTime by sessions","count":0,"failure":{"modulus":4,"remainder":1,"times":99,"passes":false},"key":"windowTime by sessions 0"},{"op":"map","count":0,"failure":{"modulus":4,"remainder":1,"times":1,"passes":false},"key":"map 1"},{"op":"map","count":0,"key":"map 2"}],"consumer":{"end":"execute","action":"reads all","after":1},"isSinkSlow":false,"isObserved":false,"picks":[0]}}',
  ],
  [
    "a listener on an aborted signal while a generator is closed",
    '{"family":"faults","program":{"input":{"kind":"a sync iterable","count":1},"stages":[{"op":"flatMap to a generator","count":0,"maxAttempts":3,"key":"flatMap to a generator 0"}],"consumer":{"end":"execute","action":"reads all","after":1},"isSinkSlow":false,"isObserved":false,"fault":{"point":"return","nth":1,"kind":"hangs"},"picks":[0]}}',
  ],
  [
    "a stage that ended before all of its branches were started",
    '{"family":"faults","program":{"input":{"kind":"a sync iterable","count":0},"stages":[{"op":"route","count":0,"inner":[[{"op":"take","count":0,"key":"take 0"}],[]],"key":"route 0"},{"op":"map","count":0,"key":"map 1"}],"consumer":{"end":"execute","action":"reads all","after":1},"isSinkSlow":false,"isObserved":false,"fault":{"point":"call","nth":1,"kind":"fails"},"picks":[0]}}',
  ],
  [
    "an item that was given up with its key, and left its place in the order to nothing",
    '{"family":"item by item","program":{"input": {"kind": "a sync iterable", "count": 3}, "stages": [{"op": "map", "count": 0, "parallel": {"limit": 1, "ordered": false}, "key": "map 0"}, {"op": "mapPartitioned", "count": 0, "isAsync": true, "parallel": {"limit": 1, "ordered": true}, "key": "mapPartitioned 1"}, {"op": "map", "count": 0, "key": "map 2"}], "consumer": {"end": "run", "action": "hurries", "after": 1}, "isSinkSlow": false, "isObserved": false, "picks": [0]}}',
  ],
  [
    "a call that was not needed, and its failure",
    '{"family":"every operator","program":{"input":{"kind":"a ReadableStream","count":4},"stages":[{"op":"map","count":0,"key":"map 0"},{"op":"skipWhile","count":0,"isAsync":true,"parallel":{"limit":16,"ordered":true},"failure":{"modulus":4,"remainder":2,"times":1,"passes":false},"key":"skipWhile 1"},{"op":"map","count":0,"key":"map 2"}],"consumer":{"end":"toTransformStream","action":"drains","after":1},"isSinkSlow":false,"isObserved":false,"picks":[0]}}',
  ],
  [
    "a branch that ended before the next had begun, beside a sink",
    '{"family":"every operator","program":{"input":{"kind":"a sync iterable","count":0},"stages":[{"op":"route to a sink","count":0,"inner":[[{"op":"take","count":0,"key":"take 0"}],[]],"key":"route to a sink 0"},{"op":"map","count":0,"key":"map 1"}],"consumer":{"end":"execute","action":"reads all","after":1},"isSinkSlow":false,"isObserved":false,"picks":[0]}}',
  ],
  [
    "a step that hung, and the listener of the check itself",
    '{"family":"faults","program":{"input":{"kind":"a sync iterable","count":1},"stages":[{"op":"add with a step","count":0,"isAsync":true,"obeys":true,"failure":{"modulus":4,"remainder":0,"times":1,"passes":false},"key":"add with a step 0"},{"op":"map","count":0,"key":"map 1"}],"consumer":{"end":"execute","action":"reads all","after":1},"isSinkSlow":false,"isObserved":false,"fault":{"point":"call","nth":1,"kind":"hangs"},"picks":[0]}}',
  ],
  [
    "timers of pipelines inside, which nothing waited for",
    '{"family":"faults","program":{"input":{"kind":"a sync iterable","count":1},"stages":[{"op":"partition","count":0,"inner":[[],[{"op":"interleaveWith","count":0,"other":{"kind":"a sync iterable","count":2},"key":"interleaveWith 0"},{"op":"map with a step","count":0,"timeoutMs":50,"key":"map with a step 1"}]],"key":"partition 0"},{"op":"fanOut","count":0,"inner":[[{"op":"map","count":0,"isAsync":true,"parallel":{"limit":2,"ordered":false},"timeoutMs":50,"key":"map 0"}],[{"op":"map","count":0,"isAsync":true,"parallel":{"limit":2,"ordered":false},"key":"map 0"}]],"key":"fanOut 1"}],"consumer":{"end":"run.readable","action":"aborts","after":1},"isSinkSlow":false,"isObserved":false,"fault":{"point":"timer","nth":8,"kind":"fails"},"picks":[831,0]}}',
  ],
  [
    "a check that counted what a step has read, where one was aborted before it had read",
    '{"family":"item by item","program":{"input":{"kind":"a sync iterable","count":3,"failAfter":3},"stages":[{"op":"buffer","count":0,"key":"buffer 0"},{"op":"step per item","count":0,"isAsync":true,"obeys":true,"parallel":{"limit":2,"ordered":false},"failure":{"modulus":4,"remainder":2,"times":99,"passes":false},"key":"step per item 1"}],"consumer":{"end":"execute","action":"reads all","after":1},"isSinkSlow":false,"isObserved":false,"picks":[0]}}',
  ],
  [
    "items that failed in two calls, of which the law knew the order, and not that of the calls",
    '{"family":"item by item","program":{"input":{"kind":"a sync iterable","count":6},"stages":[{"op":"map in batches","count":1,"isAsync":true,"parallel":{"limit":16,"ordered":false},"failure":{"modulus":4,"remainder":1,"times":1,"passes":false},"key":"map in batches 0"},{"op":"map","count":0,"key":"map 1"}],"consumer":{"end":"execute","action":"reads all","after":1},"isSinkSlow":false,"isObserved":false,"picks":[1]}}',
  ],
];
