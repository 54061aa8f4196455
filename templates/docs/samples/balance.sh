curl 'https://sms.example.com/api/v1/balance' \
  -H 'Authorization: Bearer bms_test_your_api_key'
