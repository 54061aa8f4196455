package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"time"
)

const (
	api = "https://sms.example.com/api/v1"
	key = "bms_test_your_api_key"
)

func main() {
	body, _ := json.Marshal(map[string]any{
		"recipients": []string{"0240000001"},
		"message":    "Hello from my program!",
	})
	request, err := http.NewRequest("POST", api+"/sms/send", bytes.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")

	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()

	var answer struct {
		Success     bool
		Code, Error string
		Data        struct {
			MessageID   string
			CreditsUsed int
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	if !answer.Success {
		log.Fatalf("%s: %s", answer.Code, answer.Error)
	}
	fmt.Println("Accepted as", answer.Data.MessageID)
	fmt.Println("Credits used:", answer.Data.CreditsUsed)
}
