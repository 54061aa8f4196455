<?php
const API = 'https://sms.example.com/api/v1';
const KEY = 'bms_test_your_api_key';
const WORTH_ANOTHER_TRY = [0, 429, 500, 502, 503, 504]; // 0: no answer

function post(string $path, array $body, string $idempotencyKey): array
{
    for ($attempt = 0; $attempt < 6; $attempt++) {
        $retryAfter = 0; // seconds
        $request = curl_init(API . $path);
        curl_setopt_array($request, [
            CURLOPT_HTTPHEADER => [
                'Authorization: Bearer ' . KEY,
                'Content-Type: application/json',
                'Idempotency-Key: ' . $idempotencyKey,
            ],
            CURLOPT_POSTFIELDS => json_encode($body),
            CURLOPT_HEADERFUNCTION => function ($request, $line) use (&$retryAfter) {
                if (stripos($line, 'Retry-After:') === 0) {
                    $retryAfter = (int) substr($line, strlen('Retry-After:'));
                }
                return strlen($line);
            },
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 10,
        ]);
        $answer = curl_exec($request);
        $status = $answer === false ? 0 : curl_getinfo($request, CURLINFO_RESPONSE_CODE);
        if (!in_array($status, WORTH_ANOTHER_TRY, true)) {
            return json_decode($answer, true);
        }
        // It may have been accepted all the same: the same key makes asking again safe.
        $wait = 0.5 * 2 ** $attempt * random_int(50, 100) / 100;
        usleep((int) (1_000_000 * max($wait, $retryAfter)));
    }
    exit('No answer after six tries. Try again later, with the same key.' . PHP_EOL);
}

$order = ['recipients' => ['0240000001'], 'message' => 'Order 1017 is on its way.'];
$answer = post('/sms/send', $order, 'order-1017');
if ($answer['success']) {
    echo "Accepted as {$answer['data']['messageId']}", PHP_EOL;
} elseif ($answer['code'] === 'insufficient_credits') {
    echo 'Buy credits first.', PHP_EOL;
} else {
    echo "{$answer['code']}: {$answer['error']} ({$answer['requestId']})", PHP_EOL;
}
