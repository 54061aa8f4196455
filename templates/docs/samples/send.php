<?php
const API = 'https://sms.example.com/api/v1';
const KEY = 'bms_test_your_api_key';

$request = curl_init(API . '/sms/send');
curl_setopt_array($request, [
    CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . KEY, 'Content-Type: application/json'],
    CURLOPT_POSTFIELDS => json_encode([
        'recipients' => ['0240000001'],
        'message' => 'Hello from my program!',
    ]),
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 10,
]);
$body = curl_exec($request);
if ($body === false) {
    exit('No answer: ' . curl_error($request) . PHP_EOL);
}
$answer = json_decode($body, true);
if (!$answer['success']) {
    exit("{$answer['code']}: {$answer['error']}" . PHP_EOL);
}

echo "Accepted as {$answer['data']['messageId']}", PHP_EOL;
echo "Credits used: {$answer['data']['creditsUsed']}", PHP_EOL;
