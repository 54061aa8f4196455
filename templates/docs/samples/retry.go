package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"strconv"
	"time"
)

const (
	api = "https://sms.example.com/api/v1"
	key = "bms_test_your_api_key"
)

type answer struct {
	Success                bool
	Code, Error, RequestID string
	Data                   struct{ MessageID string }
}

// try asks once. If that is worth repeating it returns no answer, and how long to wait at least.
func try(path string, body []byte, idempotencyKey string) (*answer, time.Duration, error) {
	request, err := http.NewRequest("POST", api+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", idempotencyKey)

	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return nil, 0, nil // it may have been accepted: the same key makes asking again safe
	}
	defer response.Body.Close()
	if response.StatusCode == 429 || response.StatusCode >= 500 {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return nil, time.Duration(seconds) * time.Second, nil
	}
	var found answer
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return nil, 0, nil // it broke off
	}
	return &found, 0, nil
}

func post(path string, body []byte, idempotencyKey string) (*answer, error) {
	for attempt := 0; attempt < 6; attempt++ {
		found, atLeast, err := try(path, body, idempotencyKey)
		if err != nil || found != nil {
			return found, err
		}
		wait := time.Duration(float64(500*time.Millisecond<<attempt) * (0.5 + rand.Float64()/2))
		if wait < atLeast {
			wait = atLeast
		}
		time.Sleep(wait)
	}
	return nil, fmt.Errorf("no answer after six tries; try again later, with the same key")
}

func main() {
	body, _ := json.Marshal(map[string]any{
		"recipients": []string{"0240000001"},
		"message":    "Order 1017 is on its way.",
	})
	found, err := post("/sms/send", body, "order-1017")
	switch {
	case err != nil:
		log.Fatal(err)
	case found.Success:
		fmt.Println("Accepted as", found.Data.MessageID)
	case found.Code == "insufficient_credits":
		fmt.Println("Buy credits first.")
	default:
		fmt.Printf("%s: %s (%s)\n", found.Code, found.Error, found.RequestID)
	}
}
